import { importP256, sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import type { P256PublicKey } from '../../core/crypto/port.ts';
import { isSignature } from '../../core/x509/signed.ts';
import { CheckList } from '../check-list.ts';
import type { Check } from '../verdict.ts';
import { TDX_CHECKS } from './checks.ts';
import type { PckChain } from './pck-chain.ts';
import { bytesProblem } from './qe-identity.ts';
import type { Quote } from './quote.ts';

/** What a quoting enclave said of its attestation key, whatever the time and the collateral. */
export interface QuotingEnclave {
  readonly checks: readonly Check[];
  /** Undefined when the 64 bytes are no point of P-256. */
  readonly attestationKey: P256PublicKey | undefined;
}

/** SGX ATTRIBUTES.DEBUG (Intel SDM vol. 3D, section 37.7.1). */
const DEBUG = 0x02;

export function readQuotingEnclave(quote: Quote, chain: PckChain): QuotingEnclave {
  const { qeReport } = quote;
  const checks = new CheckList(TDX_CHECKS);
  const pck = chain.certificates?.leaf.publicKey;
  if (pck) {
    checks.answer(
      'tdx.qe_report.signature',
      isSignature(quote.qeReportSignature, qeReport.bytes, pck)
        ? undefined
        : { want: 'signed by the PCK certificate’s key', got: 'an invalid signature' },
    );
  }
  checks.answer(
    'tdx.qe_report.binding',
    bytesProblem('REPORTDATA', qeReport.reportData, expectedReportData(quote)),
    'it must be SHA-256(attestation key ‖ QE authentication data) and 32 zero bytes; Intel’s library does not look at the zeros',
  );
  checks.answer(
    'tdx.qe_report.debug',
    ((qeReport.attributes[0] ?? DEBUG) & DEBUG) === 0
      ? undefined
      : { want: 'ATTRIBUTES.DEBUG 0', got: toHex(qeReport.attributes) },
    'asked on its own, though the QE identity’s mask should cover it',
  );
  return { checks: checks.all, attestationKey: importP256(quote.attestationKey) };
}

function expectedReportData({ attestationKey, qeAuthData }: Quote): Uint8Array {
  return concatBytes(sha256(concatBytes(attestationKey, qeAuthData)), new Uint8Array(32));
}
