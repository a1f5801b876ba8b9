import type { SnpPlan } from '../plan.ts';
import type { SnpFaults } from './fault.ts';
import { fields } from './report.ts';

/** Flips one bit of the guest policy. */
export const policyBit = (position: number) => (plan: SnpPlan) => {
  plan.report.policy ^= 1n << BigInt(position);
};

/** Flips one bit of the platform information. */
export const platformBit = (position: number) => (plan: SnpPlan) => {
  plan.report.platformInfo ^= 1n << BigInt(position);
};

const policyReserved = { fails: ['snp.policy.reserved'] } as const;
const platformReserved = { fails: ['snp.platform_info.reserved'] } as const;
const vmpl = { fails: ['snp.report.vmpl'] } as const;

export const GUEST_FAULTS = {
  policy_bit17_clear: {
    describes: 'bit 17 of the guest policy, which must be one, is zero',
    ...policyReserved,
    apply: policyBit(17),
  },
  policy_bit26: {
    describes: 'the first reserved bit of the guest policy',
    ...policyReserved,
    apply: policyBit(26),
  },
  policy_bit63: {
    describes: 'the highest bit of the guest policy',
    ...policyReserved,
    apply: policyBit(63),
  },
  policy_debug: {
    describes: 'a guest that its host may debug',
    fails: ['snp.policy.debug'],
    apply: policyBit(19),
  },
  policy_migrate_ma: {
    describes: 'a guest that a migration agent may move',
    fails: ['snp.policy.migrate_ma'],
    apply: policyBit(18),
  },
  policy_debug_and_migrate_ma: {
    describes: 'both',
    fails: ['snp.policy.debug', 'snp.policy.migrate_ma'],
    apply: fields({ policy: 0xf0000n }),
  },
  platform_bit8: {
    describes: 'the first bit of the platform information that nobody knows',
    ...platformReserved,
    apply: platformBit(8),
  },
  platform_bit63: {
    describes: 'the highest bit of the platform information',
    ...platformReserved,
    apply: platformBit(63),
  },
  platform_bit_other_allowed: {
    describes: 'an unknown bit, while the caller allows another',
    ...platformReserved,
    apply: platformBit(9),
    asks: () => ({ relax: { platformInfoBits: [8] } }),
  },
  vmpl_1: { describes: 'requested at VMPL 1', ...vmpl, apply: fields({ vmpl: 1 }) },
  vmpl_2: { describes: 'requested at VMPL 2', ...vmpl, apply: fields({ vmpl: 2 }) },
  vmpl_3: { describes: 'requested at VMPL 3', ...vmpl, apply: fields({ vmpl: 3 }) },
  vmpl_4: { describes: 'a VMPL that there is not', ...vmpl, apply: fields({ vmpl: 4 }) },
  vmpl_256: {
    describes: 'VMPL 0 in the low byte of a larger number',
    ...vmpl,
    apply: fields({ vmpl: 0x100 }),
  },
  vmpl_host: {
    describes: 'requested by the host, the report data zero',
    ...vmpl,
    apply: fields({ vmpl: 0xffffffff, reportData: new Uint8Array(64) }),
  },
  vmpl_host_with_report_data: {
    describes: 'requested by the host, with report data all the same',
    ...vmpl,
    apply: fields({ vmpl: 0xffffffff }),
  },
  vmpl_1_other_allowed: {
    describes: 'VMPL 1, while the caller allows 2',
    ...vmpl,
    apply: fields({ vmpl: 1 }),
    asks: () => ({ relax: { vmpls: [2] } }),
  },
  vmpl_host_all_allowed: {
    describes: 'requested by the host, while the caller allows every VMPL of a guest',
    ...vmpl,
    apply: fields({ vmpl: 0xffffffff }),
    asks: () => ({ relax: { vmpls: [1, 2, 3] } }),
  },
  report_data_differs: {
    describes: 'the report data is not what was asked for',
    fails: ['snp.report_data'],
    asks: () => ({ reportData: new Uint8Array(64).fill(0x5a) }),
  },
  report_data_longer_than_asked: {
    describes: 'the report data begins with what was asked for, and goes on',
    fails: ['snp.report_data'],
    asks: ({ reportData }) => ({ reportData: reportData.slice(0, 48) }),
  },
  report_data_zero: {
    describes: 'no report data, where some was asked for',
    fails: ['snp.report_data'],
    apply: fields({ reportData: new Uint8Array(64) }),
    asks: () => ({ reportData: new Uint8Array(32).fill(7) }),
  },
} as const satisfies SnpFaults;
