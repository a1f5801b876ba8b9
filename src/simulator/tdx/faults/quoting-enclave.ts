import { fromHex } from '../../../core/bytes/hex.ts';
import type { QeIdentityDocument } from '../documents.ts';
import type { TdxPlan } from '../plan.ts';
import type { QeReportContent } from '../quote.ts';
import type { TdxFaults } from './fault.ts';

const format = { fails: ['tdx.qe_identity.format'] } as const;
const identity = { fails: ['tdx.qe_report.identity'] } as const;

const content = (change: (document: QeIdentityDocument) => void) => (plan: TdxPlan) => {
  change(plan.qeIdentity.content);
};

const report = (change: Partial<QeReportContent>) => (plan: TdxPlan) => {
  Object.assign(plan.quote.qeReport, change);
};

/** 15: INIT, MODE64BIT, PROVISIONKEY; 17 has DEBUG as well. */
const DEBUG_ATTRIBUTES = fromHex('1700000000000000e700000000000000', 'simulator.debug');

const ATTACKER = new Uint8Array(32).fill(0xee);

export const QUOTING_ENCLAVE_FAULTS = {
  qe_garbage: {
    describes: 'a signed text that is no JSON',
    ...format,
    apply: (plan) => {
      plan.qeIdentity.write = () => 'garbage';
    },
  },
  qe_version3: {
    describes: 'a version of QE identity that does not exist yet',
    ...format,
    apply: content((document) => {
      document.version = 3;
    }),
  },
  qe_id_sgx: {
    describes: 'the identity of the SGX quoting enclave',
    ...format,
    apply: content((document) => {
      document.id = 'QE';
    }),
  },
  qe_bad_date: {
    describes: 'a nextUpdate that is no date: compared as NaN it would never pass',
    ...format,
    apply: content((document) => {
      document.nextUpdate = 'never';
    }),
  },
  qe_no_levels: {
    describes: 'an empty list of levels',
    ...format,
    apply: content((document) => {
      document.tcbLevels = [];
    }),
  },
  qe_duplicate_levels: {
    describes: 'two levels with the same ISVSVN',
    ...format,
    apply: content(({ tcbLevels }) => {
      const [first] = tcbLevels;
      if (first) tcbLevels.push({ ...first, tcbStatus: 'Revoked' });
    }),
  },
  qe_unknown_status: {
    describes: 'a platform’s status, which no enclave can have',
    ...format,
    apply: content(({ tcbLevels }) => {
      const [first] = tcbLevels;
      if (first) first.tcbStatus = 'ConfigurationNeeded';
    }),
  },
  qe_mask_short: {
    describes: 'an attributes mask of eight bytes',
    ...format,
    apply: content((document) => {
      document.attributesMask = 'FBFFFFFFFFFFFFFF';
    }),
  },
  qe_dup_keys: {
    describes: 'a signed document with two mrsigners',
    ...format,
    apply: (plan) => {
      const { write } = plan.qeIdentity;
      plan.qeIdentity.write = (value) =>
        write(value).replace('{', `{"mrsigner":"${'EE'.repeat(32)}",`);
    },
  },
  cve_2026_22696_forged_qe_identity: {
    describes: 'an attacker’s quoting enclave, and its signer written into the QE identity',
    fails: ['tdx.qe_identity.signature'],
    apply: (plan) => {
      plan.quote.qeReport.mrSigner = ATTACKER;
      plan.qeIdentity.afterSigning = (json) =>
        json.replace(/"mrsigner":"[0-9A-F]+"/, `"mrsigner":"${'EE'.repeat(32)}"`);
    },
  },
  qe_mrsigner: {
    describes: 'an enclave of another signer',
    ...identity,
    apply: report({ mrSigner: ATTACKER }),
  },
  qe_prodid: {
    describes: 'another enclave of the same signer',
    ...identity,
    apply: report({ isvProdId: 1 }),
  },
  qe_miscselect: {
    describes: 'an enclave with another MISCSELECT',
    ...identity,
    apply: report({ miscSelect: Uint8Array.of(1, 0, 0, 0) }),
  },
  qe_attributes: {
    describes: 'an enclave with an attribute more than the identity has',
    ...identity,
    apply: report({ attributes: fromHex('3500000000000000e700000000000000', 'simulator.qe') }),
  },
  qe_identity_value_outside_mask: {
    describes: 'an identity whose value has a bit that its mask leaves out: nothing can match',
    ...identity,
    apply: content((document) => {
      document.attributes = '15000000000000000000000000000000';
    }),
  },
  qe_debug: {
    describes: 'a debug enclave, whose memory anybody can write',
    fails: ['tdx.qe_report.identity', 'tdx.qe_report.debug'],
    apply: report({ attributes: DEBUG_ATTRIBUTES }),
  },
  qe_debug_masked: {
    describes: 'a debug enclave, and an identity whose mask leaves the bit out',
    fails: ['tdx.qe_report.debug'],
    apply: (plan) => {
      plan.quote.qeReport.attributes = DEBUG_ATTRIBUTES;
      plan.qeIdentity.content.attributesMask = 'F9FFFFFFFFFFFFFF0000000000000000';
    },
  },
  qe_isvsvn_low: {
    describes: 'an enclave older than every level of the identity',
    fails: ['tdx.tcb.supported'],
    apply: report({ isvSvn: 1 }),
  },
  qe_ood: {
    describes: 'an enclave on an OutOfDate level',
    fails: ['tdx.tcb.status'],
    tcbStatus: 'OutOfDate',
    apply: report({ isvSvn: 3 }),
  },
  qe_revoked: {
    describes: 'an enclave on a Revoked level',
    fails: ['tdx.tcb.not_revoked', 'tdx.tcb.status'],
    tcbStatus: 'Revoked',
    apply: content(({ tcbLevels }) => {
      for (const level of tcbLevels) level.tcbStatus = 'Revoked';
    }),
  },
} as const satisfies TdxFaults;
