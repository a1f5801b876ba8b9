import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { elementAt, forge, PSS_SHA384, PSS_SHA384_TRAILER, tlv } from '../../../support/forge.ts';
import { damageDer } from '../../mutators/der.ts';
import type { Random } from '../../random.ts';
import { hexOf } from '../pieces.ts';
import type { Change, Changes } from './mutator.ts';

const PSS_FORMS = [PSS_SHA384, PSS_SHA384_TRAILER];

/** Where a certificate, and where a list, says inside of what is signed how it is signed. */
const INNER = { certificate: [0, 2], list: [0, 1] } as const;

function otherPss(random: Random, algorithm: Uint8Array): Uint8Array {
  const others = PSS_FORMS.filter((form) => hexOf(form) !== hexOf(algorithm));
  return random.pick(others);
}

/** Content of the BIT STRING behind the count of unused bits. */
function signature(change: (random: Random, value: Uint8Array) => Uint8Array): Change {
  return (random, bytes) =>
    forge(bytes, [2], (bits) => {
      const content = bits.subarray(bits.length - 512);
      return tlv(3, Uint8Array.of(0), change(random, content));
    });
}

function modulusOf(certificate: Uint8Array): bigint | undefined {
  const key = elementAt(certificate, [0, 6, 1]);
  if (key.length < 520) return undefined;
  const numbers = key.subarray(5);
  return BigInt(`0x${hexOf(elementAt(numbers, [0]).subarray(4))}`);
}

/** The number that RSA can't tell from the signature, where it fits. */
const plusModulus: Change = (random, bytes, world) => {
  const authorities = [...world.intermediates.values(), ...world.roots.values()];
  const modulus = modulusOf(random.pick(authorities).der);
  const bits = elementAt(bytes, [2]);
  if (modulus === undefined || bits.length < 512) return undefined;
  const sum = BigInt(`0x${hexOf(bits.subarray(bits.length - 512))}`) + modulus;
  const digits = sum.toString(16);
  const value = Buffer.from(digits.padStart(Math.ceil(digits.length / 2) * 2, '0'), 'hex');
  return forge(bytes, [2], () => tlv(3, Uint8Array.of(0), value));
};

/** What is wrong in itself though everything that is signed is whole. */
export const UNSIGNED_CHANGES: Changes = {
  'outer algorithm in the other form': (random, bytes) =>
    forge(bytes, [1], (algorithm) => otherPss(random, algorithm)),
  'signature plus modulus': plusModulus,
  'signature with a zero before': signature((_random, value) =>
    concatBytes(Uint8Array.of(0), value),
  ),
  'signature with a zero behind': signature((_random, value) =>
    concatBytes(value, Uint8Array.of(0)),
  ),
  'signature with unused bits': (random, bytes) =>
    forge(bytes, [2], (bits) => {
      const content = bits.subarray(bits.length - 512);
      return tlv(3, Uint8Array.of(random.between(1, 8)), content);
    }),
  'a byte behind': (random, bytes) => concatBytes(bytes, random.bytes(1)),
};

export const DER_CHANGES: Changes = {
  'damaged DER': damageDer,
  'damaged DER again': damageDer,
  'damaged signature': signature((random, value) =>
    value.with(random.below(value.length), random.below(256)),
  ),
  'signature reversed': signature((_random, value) => value.toReversed()),
  'signature of another length': signature((random, value) => {
    const size = random.pick([0, 1, 256, 511, 513, 1_024]);
    return Uint8Array.from({ length: size }, (_, i) => value[i] ?? 0);
  }),
  'inner algorithm in the other form': (random, bytes) => {
    const inner = elementAt(bytes, [0, 0])[0] === 0xa0 ? INNER.certificate : INNER.list;
    return forge(bytes, inner, (algorithm) => otherPss(random, algorithm));
  },
  'another certificate': (random, _bytes, world) => random.pick(world.certificates),
};
