import { type Damage, flipBit, overwrite, truncate, writeU32 } from '../../damage.ts';
import type { SnpPlan } from '../plan.ts';
import type { SnpReportContent } from '../report.ts';
import type { SnpFaults } from './fault.ts';

const format = { fails: ['snp.report.format'] } as const;
const reserved = { fails: ['snp.report.reserved'] } as const;
const signature = { fails: ['snp.report.signature'] } as const;

/** Changes fields, and signs them. */
export const fields = (change: Partial<SnpReportContent>) => (plan: SnpPlan) => {
  Object.assign(plan.report, change);
};

/** Writes bytes where no field is, and signs them. */
const signedOver = (damage: Damage) => (plan: SnpPlan) => {
  plan.beforeSigning = damage;
};

const afterwards = (damage: Damage) => (plan: SnpPlan) => {
  plan.afterReport = damage;
};

function version(number: number, what: string) {
  return { describes: what, ...format, apply: fields({ version: number }) } as const;
}

function mustBeZero(offset: number, what: string) {
  return {
    describes: `a reserved byte that is not zero, and signed: ${what}`,
    ...reserved,
    apply: signedOver(overwrite(offset, Uint8Array.of(1))),
  } as const;
}

export const REPORT_FAULTS = {
  version_0: version(0, 'report version 0'),
  version_1: version(1, 'report version 1'),
  version_6: version(6, 'report version 6, whose reserved bytes mean something'),
  version_255: version(255, 'a report version that there is not'),
  version_high_byte: version(0x05000005, 'version 5 in the low byte of a larger number'),
  report_short: {
    describes: 'a byte missing',
    ...format,
    apply: afterwards(truncate(1183)),
  },
  report_empty: { describes: 'no bytes at all', ...format, apply: afterwards(truncate(0)) },
  report_without_signature: {
    describes: 'only what is signed',
    ...format,
    apply: afterwards(truncate(0x2a0)),
  },
  mbz_4c: mustBeZero(0x4c, 'behind KEY_INFO'),
  mbz_18b: mustBeZero(0x18b, 'behind the CPUID'),
  mbz_19f: mustBeZero(0x19f, 'before the chip id'),
  mbz_1eb: mustBeZero(0x1eb, 'behind the current version'),
  mbz_1ef: mustBeZero(0x1ef, 'behind the committed version'),
  mbz_208: mustBeZero(0x208, 'behind the mitigation vectors'),
  mbz_29f: mustBeZero(0x29f, 'the last one that is signed'),
  mbz_key_info_bit5: {
    describes: 'a reserved bit of KEY_INFO',
    ...reserved,
    apply: ({ report }) => {
      report.keyInfo |= 1 << 5;
    },
  },
  mbz_key_info_bit31: {
    describes: 'the highest bit of KEY_INFO',
    ...reserved,
    apply: signedOver(overwrite(0x4b, Uint8Array.of(0x80))),
  },
  mbz_v2_cpuid: {
    describes: 'a CPUID in version 2, where it is reserved',
    ...reserved,
    options: { version: 2 },
    apply: ({ report }) => {
      report.cpuid = { family: 0x19, model: 0x11, stepping: 1 };
    },
  },
  mbz_v2_mitigation_vector: {
    describes: 'a mitigation vector in version 2',
    ...reserved,
    options: { version: 2 },
    apply: fields({ launchMitVector: 1n }),
  },
  mbz_v3_mitigation_vector: {
    describes: 'a mitigation vector in version 3',
    ...reserved,
    options: { version: 3 },
    apply: fields({ currentMitVector: 1n << 63n }),
  },
  signature_algo_0: {
    describes: 'signature algorithm 0',
    fails: ['snp.report.signature_algo'],
    apply: fields({ signatureAlgo: 0 }),
  },
  signature_algo_2: {
    describes: 'a signature algorithm that there is not',
    fails: ['snp.report.signature_algo'],
    apply: fields({ signatureAlgo: 2 }),
  },
  signature_algo_high_byte: {
    describes: 'algorithm 1 in the low byte of a larger number',
    fails: ['snp.report.signature_algo'],
    apply: fields({ signatureAlgo: 0x01000001 }),
  },
  measurement_changed: {
    describes: 'one bit of the measurement is not what was signed',
    ...signature,
    apply: afterwards(flipBit(0x90)),
  },
  report_data_changed: {
    describes: 'one bit of the report data is not what was signed',
    ...signature,
    apply: afterwards(flipBit(0x50)),
  },
  guest_svn_changed: {
    describes: 'the guest SVN was raised after signing',
    ...signature,
    apply: afterwards(writeU32(4, 9)),
  },
  launch_tcb_changed: {
    describes: 'the launch TCB was raised after signing',
    ...signature,
    apply: afterwards(overwrite(0x1f0, Uint8Array.of(0xff))),
  },
  version_changed: {
    describes: 'a report of version 5 that says 4',
    ...signature,
    apply: afterwards(writeU32(0, 4)),
  },
} as const satisfies SnpFaults;
