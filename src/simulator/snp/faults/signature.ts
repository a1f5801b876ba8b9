import { type Damage, flipBit, overwrite } from '../../damage.ts';
import { P384_ORDER } from '../../p384-keys.ts';
import type { SnpPlan } from '../plan.ts';
import { SIGNED_LENGTH } from '../report.ts';
import type { SnpFaults } from './fault.ts';

const format = { fails: ['snp.report.signature_format'] } as const;
const signature = { fails: ['snp.report.signature'] } as const;

const numbers = (signed: SnpPlan['signature']) => (plan: SnpPlan) => {
  plan.signature = signed;
};

const bytes = (damage: Damage) => (plan: SnpPlan) => {
  plan.afterReport = damage;
};

function dirt(offset: number, what: string) {
  return {
    describes: `a good signature with a byte that is not zero: ${what}`,
    ...format,
    apply: bytes(overwrite(SIGNED_LENGTH + offset, Uint8Array.of(1))),
  } as const;
}

export const SIGNATURE_FAULTS = {
  signature_r48: dirt(48, 'the first above R'),
  signature_r71: dirt(71, 'the last above R'),
  signature_s48: dirt(72 + 48, 'the first above S'),
  signature_s71: dirt(72 + 71, 'the last above S'),
  signature_tail_first: dirt(144, 'the first behind R and S'),
  signature_tail_last: dirt(511, 'the last of the report'),
  signature_r_plus_n: {
    describes: 'R plus the order of the group, which fits in 72 bytes',
    ...format,
    apply: numbers((r, s) => [r + P384_ORDER, s]),
  },
  signature_s_plus_n: {
    describes: 'S plus the order of the group',
    ...format,
    apply: numbers((r, s) => [r, s + P384_ORDER]),
  },
  signature_r_is_n: {
    describes: 'R is the order of the group',
    ...format,
    apply: numbers((_, s) => [P384_ORDER, s]),
  },
  signature_r_zero: { describes: 'R is 0', ...format, apply: numbers((_, s) => [0n, s]) },
  signature_s_zero: { describes: 'S is 0', ...format, apply: numbers((r) => [r, 0n]) },
  signature_zero: {
    describes: 'a signature of zeros, which a broken verifier takes for good',
    ...format,
    apply: numbers(() => [0n, 0n]),
  },
  signature_ones: {
    describes: 'R and S of 48 bytes 0xff, above the order of the group',
    ...format,
    apply: bytes((report) => {
      const all = new Uint8Array(48).fill(0xff);
      return overwrite(SIGNED_LENGTH + 72, all)(overwrite(SIGNED_LENGTH, all)(report));
    }),
  },
  signature_big_endian: {
    describes: 'R and S in the other byte order',
    ...format,
    apply: bytes((report) => {
      const copy = new Uint8Array(report);
      copy.subarray(SIGNED_LENGTH, SIGNED_LENGTH + 72).reverse();
      copy.subarray(SIGNED_LENGTH + 72, SIGNED_LENGTH + 144).reverse();
      return copy;
    }),
  },
  signature_bit_of_r: {
    describes: 'one bit of R is wrong',
    ...signature,
    apply: bytes(flipBit(SIGNED_LENGTH)),
  },
  signature_bit_of_s: {
    describes: 'one bit of S is wrong',
    ...signature,
    apply: bytes(flipBit(SIGNED_LENGTH + 72)),
  },
  signature_swapped: {
    describes: 'R and S in each other’s place',
    ...signature,
    apply: numbers((r, s) => [s, r]),
  },
  signature_one_one: {
    describes: 'R and S are 1: in range, and the signature of nothing',
    ...signature,
    apply: numbers(() => [1n, 1n]),
  },
  signature_of_other_key: {
    describes: 'somebody signed with a key of theirs',
    ...signature,
    apply: (plan) => {
      plan.reportSignedBy = 'evil vcek';
    },
  },
  signature_of_the_other_vek: {
    describes: 'the VLEK signed what says that a VCEK did',
    ...signature,
    apply: (plan) => {
      plan.reportSignedBy = 'vlek';
    },
  },
} as const satisfies SnpFaults;
