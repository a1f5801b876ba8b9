import { utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { type Damage, flipBit } from '../../damage.ts';
import { P384_ORDER } from '../../p384-keys.ts';
import type { NvidiaPlan } from '../plan.ts';
import { AT, BLOCK_SIZE, SIGNATURE_SIZE } from '../report.ts';
import { afterwards } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';

const signature = { fails: ['nvidia.report.signature'] } as const;

const REQUEST_SIZE = 37;

function changed(describes: string, damage: Damage) {
  return { describes, ...signature, apply: afterwards(damage) } as const;
}

function numbers(describes: string, signed: NvidiaPlan['signature']) {
  return {
    describes,
    ...signature,
    apply: (plan: NvidiaPlan) => {
      plan.signature = signed;
    },
  } as const;
}

function by(describes: string, label: (plan: NvidiaPlan) => string) {
  return {
    describes,
    ...signature,
    apply: (plan: NvidiaPlan) => {
      plan.reportSignedBy = label(plan);
    },
  } as const;
}

function over(describes: string, message: Damage) {
  return {
    describes,
    ...signature,
    apply: (plan: NvidiaPlan) => {
      plan.signedMessage = message;
    },
  } as const;
}

export const SIGNATURE_FAULTS = {
  changed_nonce: changed('one bit of the nonce is not what was signed', flipBit(AT.nonce)),
  changed_measurement: changed(
    'one bit of a measurement is not what was signed',
    // Of a block that no manifest speaks of: only the signature can tell.
    flipBit(AT.record + 50 * BLOCK_SIZE + 7),
  ),
  changed_measurement_type: changed(
    'the type of a measurement is not what was signed',
    flipBit(AT.record + 4),
  ),
  changed_responder_nonce: changed(
    'one bit of the device’s own nonce is not what was signed',
    flipBit(AT.record + 64 * BLOCK_SIZE),
  ),
  changed_opaque: changed(
    'one bit of an opaque field is not what was signed',
    // Within MSRSCNT, of which nothing is made.
    flipBit(-(SIGNATURE_SIZE + 88)),
  ),
  signature_bit_of_r: changed('one bit of r is wrong', flipBit(-SIGNATURE_SIZE)),
  signature_bit_of_s: changed('one bit of s is wrong', flipBit(-1)),
  signature_little_endian: changed('r and s in the other byte order', (report) => {
    const copy = new Uint8Array(report);
    copy.subarray(-96, -48).reverse();
    copy.subarray(-48).reverse();
    return copy;
  }),
  signature_swapped: numbers('r and s in each other’s place', (r, s) => [s, r]),
  signature_zero: numbers('a signature of zeros, which a broken verifier takes for good', () => [
    0n,
    0n,
  ]),
  signature_r_zero: numbers('r is 0', (_, s) => [0n, s]),
  signature_s_zero: numbers('s is 0', (r) => [r, 0n]),
  signature_r_is_n: numbers('r is the order of the group', (_, s) => [P384_ORDER, s]),
  signature_s_is_n: numbers('s is the order of the group', (r) => [r, P384_ORDER]),
  signature_one_one: numbers('r and s are 1: in range, and the signature of nothing', () => [
    1n,
    1n,
  ]),
  signature_ones: numbers('r and s of 48 bytes 0xff', () => [2n ** 384n - 1n, 2n ** 384n - 1n]),
  signature_of_other_key: by('somebody signed with a key of theirs', () => 'evil leaf'),
  signature_of_brom: by(
    'the key of the BROM certificate signed, which signs no reports',
    ({ certificates }) => certificates.brom.key,
  ),
  signature_of_another_device: by('another device signed', () => 'GH100 gpu 1 leaf'),
  signature_over_response: over('only the response is signed, no challenge with it', (bytes) =>
    bytes.slice(REQUEST_SIZE),
  ),
  signature_as_in_spdm_1_2: over('signed with the prefix of SPDM 1.2', (bytes) =>
    concatBytes(utf8('dmtf-spdm-v1.2.*'.repeat(4)), bytes),
  ),
} as const satisfies NvidiaFaults;
