import { equalBytes, isZero } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { CheckList } from '../check-list.ts';
import type { TdxCheckId } from './checks.ts';
import { INTEL_QE_VENDOR_ID, type Quote } from './quote.ts';
import { refusedTdAttributeBits, tdAttribute } from './td-attributes.ts';

type Checks = CheckList<TdxCheckId>;

/** What the header and the bytes behind the quote must be, beyond parsing. */
export function checkEnvelope(checks: Checks, { header, trailing }: Quote): void {
  const zero = isZero(trailing);
  checks.answer(
    'tdx.quote.trailing_bytes',
    zero ? undefined : { want: 'zeros or nothing', got: `${trailing.length} bytes, not all zero` },
    'drivers pad with zeros; anything else is no part of the quote, though Intel’s library ignores it',
  );
  checks.answer(
    'tdx.quote.qe_vendor_id',
    equalBytes(header.qeVendorId, INTEL_QE_VENDOR_ID)
      ? undefined
      : { want: toHex(INTEL_QE_VENDOR_ID), got: toHex(header.qeVendorId) },
  );
}

/** Attribute bits that nobody may have, whatever the policy: Intel’s library leaves them to the caller. */
export function checkTdAttributes(checks: Checks, { body }: Quote): void {
  const attributes = toHex(body.tdAttributes);
  checks.answer(
    'tdx.td.debug',
    tdAttribute(body.tdAttributes, 'debug')
      ? { want: 'DEBUG 0', got: `TDATTRIBUTES ${attributes}` }
      : undefined,
    'the host can read and change a debug TD; Intel’s library leaves this to the caller',
  );
  const refused = refusedTdAttributeBits(body.tdAttributes);
  checks.answer(
    'tdx.td.attributes',
    refused.length > 0
      ? {
          want: 'no reserved bit, and no other bit of the group TUD (7:0)',
          got: `bit ${refused.join(', ')} of TDATTRIBUTES ${attributes}`,
        }
      : undefined,
    'a reserved bit can’t be judged, and bits 7:0 make a TD untrusted; Intel’s library leaves this to the caller',
  );
}
