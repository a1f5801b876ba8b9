import { utf8 } from '../../../core/bytes/text.ts';
import {
  addU32,
  append,
  type Damage,
  flipBit,
  inTurn,
  overwrite,
  truncate,
  writeU16,
  writeU32,
} from '../../damage.ts';
import type { TdxPlan } from '../plan.ts';
import type { TdxFaults } from './fault.ts';

/** Places in a version 4 quote. */
const AT = {
  header: 0,
  reportData: 48 + 520,
  authDataSize: 632,
  signature: 636,
  attestationKey: 700,
  outerSize: 766,
  qeReportSignature: 1154,
  qeAuthDataSize: 1218,
  innerSize: 1254,
} as const;

const after = (damage: Damage) => (plan: TdxPlan) => {
  plan.afterQuote = damage;
};

const format = { fails: ['tdx.quote.format'] } as const;
const signature = { fails: ['tdx.quote.signature'] } as const;

export const QUOTE_FAULTS = {
  empty: { describes: 'no bytes at all', ...format, apply: after(truncate(0)) },
  truncated_header: { describes: 'cut inside the header', ...format, apply: after(truncate(40)) },
  truncated_1000: {
    describes: 'cut inside the QE report',
    ...format,
    apply: after(truncate(1000)),
  },
  truncated_last_byte: {
    describes: 'the last byte is missing',
    ...format,
    apply: after((quote) => quote.slice(0, -1)),
  },
  ver3_tdx: {
    describes: 'version 3, which knows no TDX',
    ...format,
    apply: ({ quote }) => {
      quote.header.version = 3;
    },
  },
  ver6: {
    describes: 'a version that does not exist yet',
    ...format,
    apply: ({ quote }) => {
      quote.header.version = 6;
    },
  },
  ak_type3: {
    describes: 'attestation key type 3 (P-384), defined but not in use',
    ...format,
    apply: ({ quote }) => {
      quote.header.attestationKeyType = 3;
    },
  },
  tee_82: {
    describes: 'a TEE type that is not TDX',
    ...format,
    apply: ({ quote }) => {
      quote.header.teeType = 0x82;
    },
  },
  tee_sgx: {
    describes: 'TEE type 0 (SGX) over a TD report',
    ...format,
    apply: ({ quote }) => {
      quote.header.teeType = 0;
    },
  },
  auth_len_huge: {
    describes: 'authentication data longer than the input',
    ...format,
    apply: after(writeU32(AT.authDataSize, 0xffffffff)),
  },
  auth_len_short: {
    describes: 'authentication data one byte short of what it holds',
    ...format,
    apply: after(addU32(AT.authDataSize, -1)),
  },
  outer_type5: {
    describes: 'outer certification data of type 5 where only 6 is allowed',
    ...format,
    apply: ({ quote }) => {
      quote.outerType = 5;
    },
  },
  outer_size_short: {
    describes: 'outer certification data that says one byte too few',
    ...format,
    apply: after(addU32(AT.outerSize, -1)),
  },
  qe_auth_len_huge: {
    describes: 'QE authentication data longer than the input',
    ...format,
    apply: after(writeU16(AT.qeAuthDataSize, 0xffff)),
  },
  inner_type6: {
    describes: 'inner certification data of type 6, a QE report inside a QE report',
    ...format,
    apply: ({ quote }) => {
      quote.innerType = 6;
    },
  },
  inner_type7: {
    describes: 'inner certification data of a type that does not exist',
    ...format,
    apply: ({ quote }) => {
      quote.innerType = 7;
    },
  },
  inner_tail: {
    describes: 'bytes behind the inner certification data that the other lengths count in',
    ...format,
    apply: after(inTurn(append(utf8('tail')), addU32(AT.authDataSize, 4), addU32(AT.outerSize, 4))),
  },
  v5_size_lie: {
    describes: 'version 5 with a body size that is not its type’s',
    ...format,
    options: { format: 'v5-td15' },
    apply: ({ quote }) => {
      quote.descriptor.size = 584;
    },
  },
  v5_type1_tdx: {
    describes: 'version 5 with the body type of an SGX report',
    ...format,
    options: { format: 'v5-td10' },
    apply: ({ quote }) => {
      quote.descriptor.type = 1;
    },
  },
  v5_type9: {
    describes: 'version 5 with a body type that does not exist',
    ...format,
    options: { format: 'v5-td10' },
    apply: ({ quote }) => {
      quote.descriptor.type = 9;
    },
  },
  trailing_garbage: {
    describes: 'text behind the quote, as one real quote carries',
    fails: ['tdx.quote.trailing_bytes'],
    apply: after(append(utf8('this is no part of the quote'))),
  },
  trailing_late_garbage: {
    describes: 'zeros behind the quote, then a byte that is none',
    fails: ['tdx.quote.trailing_bytes'],
    apply: after(append(new Uint8Array(71).with(70, 1))),
  },
  vendor_id_other: {
    describes: 'signed by the quoting enclave of somebody other than Intel',
    fails: ['tdx.quote.qe_vendor_id'],
    apply: ({ quote }) => {
      quote.header.vendorId = new Uint8Array(16).fill(0x11);
    },
  },
  inner_type1: {
    describes: 'names the PCK certificate by a PPID instead of carrying it',
    unresolved: ['tdx.quote.certification_data'],
    apply: (plan) => {
      plan.quote.innerType = 1;
      plan.certification = () => new Uint8Array(36);
    },
  },
  inner_type3: {
    describes: 'names the PCK certificate by a PPID that is encrypted to Intel',
    unresolved: ['tdx.quote.certification_data'],
    apply: (plan) => {
      plan.quote.innerType = 3;
      plan.certification = () => new Uint8Array(404);
    },
  },
  inner_type1_with_chain: {
    describes: 'says PPID and carries a chain',
    ...format,
    apply: ({ quote }) => {
      quote.innerType = 1;
    },
  },
  quote_bad_sig: {
    describes: 'one bit of the signature is wrong',
    ...signature,
    apply: after(flipBit(AT.signature + 63)),
  },
  quote_sig_zero: {
    describes: 'r and s are zero, which some libraries take for a signature of anything',
    ...signature,
    apply: after(overwrite(AT.signature, new Uint8Array(64))),
  },
  header_modified: {
    describes: 'one bit of the header changed after signing',
    ...signature,
    apply: after(flipBit(AT.header + 28)),
  },
  report_data_modified: {
    describes: 'one bit of the report data changed after signing',
    ...signature,
    apply: after(flipBit(AT.reportData)),
  },
  v5_as_v4: {
    describes: 'a version 5 quote rewritten as version 4, fields and signature kept',
    ...signature,
    options: { format: 'v5-td10' },
    apply: after((quote) => {
      // The descriptor is under the signature: without it, the same fields are another message.
      const shorter = new Uint8Array(quote.length - 6);
      shorter.set(quote.subarray(0, 48));
      shorter.set(quote.subarray(54), 48);
      return writeU16(0, 4)(shorter);
    }),
  },
  quote_signed_by_pck: {
    describes: 'signed by the PCK key instead of the attestation key that is named',
    ...signature,
    apply: (plan) => {
      plan.attestationKey = (key, pck) => ({ publicKey: key.publicKey, sign: pck.sign });
    },
  },
  ak_not_on_curve: {
    describes: 'an attestation key that is no point of P-256, duly committed to',
    ...signature,
    apply: (plan) => {
      plan.attestationKey = (key) => ({ ...key, publicKey: flipBit(63)(key.publicKey) });
    },
  },
  ak_zero: {
    describes: 'an attestation key of zeros, duly committed to',
    ...signature,
    apply: (plan) => {
      plan.attestationKey = (key) => ({ ...key, publicKey: new Uint8Array(64) });
    },
  },
  qe_report_bad_sig: {
    describes: 'one bit of the signature of the QE report is wrong',
    fails: ['tdx.qe_report.signature'],
    apply: after(flipBit(AT.qeReportSignature + 63)),
  },
  qe_report_signed_by_other: {
    describes: 'the QE report is signed by a key other than the PCK’s',
    fails: ['tdx.qe_report.signature'],
    apply: (plan) => {
      plan.qeReportSignedBy = 'another platform';
    },
  },
  qe_auth_mismatch: {
    describes: 'the QE authentication data is not what the QE report commits to',
    fails: ['tdx.qe_report.binding'],
    apply: after(flipBit(AT.qeAuthDataSize + 2)),
  },
  ak_replaced: {
    describes: 'an attestation key that the QE report does not commit to',
    fails: ['tdx.qe_report.binding'],
    apply: ({ quote }) => {
      quote.qeReport.reportData = () => new Uint8Array(64).fill(0x5a, 0, 32);
    },
  },
  qe_report_data_tail: {
    describes: 'the second half of the QE’s report data is not zero',
    fails: ['tdx.qe_report.binding'],
    apply: ({ quote }) => {
      quote.qeReport.reportData = flipBit(63);
    },
  },
} as const satisfies TdxFaults;
