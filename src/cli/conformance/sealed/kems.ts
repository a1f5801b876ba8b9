import { decapsulateMlKem768, mlKem768PublicKey, mlKem768Secret } from '#crypto';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { encapsulateMlKem768With } from '../../../core/crypto/ml-kem-with.ts';
import type { JsonShape } from '../../../core/encoding/json-shape.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import { encapsulateWith } from '../../../sealed/kem/encapsulate-with.ts';
import { X_WING_KEM } from '../../../sealed/kem/x-wing.ts';
import type { Runner } from '../runner.ts';
import { firstMismatch, isListOf, listIn, memberMismatch, outcomeOf } from './vectors.ts';

/** Known answers of MLKEM768-X25519: a seed gives a key pair, and another an encapsulation. */
export const xWingRunner: Runner = {
  name: 'X-Wing',
  reads: ['vectors'],
  takes: async ({ file }) => isListOf(await file('vectors'), 'seed', 'eseed', 'ct', 'ss'),
  run: async (_, { file }) => {
    const vectors = listIn(await file('vectors'));
    return outcomeOf(vectors.map((shape) => ({ problem: () => xWingMismatch(shape) })));
  },
};

function xWingMismatch(shape: JsonShape): Mismatch | undefined {
  const seed = shape.hex('seed', 32);
  const own = X_WING_KEM.decapsulationKey(seed);
  const made = encapsulateWith(X_WING_KEM.id, own.publicKey, shape.hex('eseed', 64));
  return firstMismatch(
    () => memberMismatch(shape, 'sk', seed),
    () => memberMismatch(shape, 'pk', own.publicKey),
    () => memberMismatch(shape, 'ct', made?.enc),
    () => memberMismatch(shape, 'ss', made?.sharedSecret),
    () => memberMismatch(shape, 'ss', own.decapsulate(shape.hex('ct', X_WING_KEM.encSize))),
  );
}

const ML_KEM_768 = { publicKey: 1184, ciphertext: 1088 } as const;

/** Known answers of ML-KEM, implicit rejections among them. */
export const mlKemRunner: Runner = {
  name: 'ML-KEM-768',
  reads: ['vectors'],
  takes: async ({ file }) => isListOf(await file('vectors'), 'd', 'z', 'pk', 'ct', 'ss'),
  run: async (_, { file }) => {
    const vectors = listIn(await file('vectors'));
    return outcomeOf(
      vectors.map((shape) => {
        const size = shape.string('pk').length / 2;
        if (size !== ML_KEM_768.publicKey) return { notOurs: `ML-KEM with keys of ${size} bytes` };
        return { problem: () => mlKemMismatch(shape) };
      }),
    );
  },
};

/** The form of `sk` that known answers have, expanded, is nowhere written here: the seed is kept. */
function mlKemMismatch(shape: JsonShape): Mismatch | undefined {
  const secret = mlKem768Secret(concatBytes(shape.hex('d', 32), shape.hex('z', 32)));
  const publicKey = mlKem768PublicKey(secret);
  const opened = (name: string) =>
    decapsulateMlKem768(secret, shape.hex(name, ML_KEM_768.ciphertext));
  const made = shape.has('msg')
    ? encapsulateMlKem768With(publicKey, shape.hex('msg', 32))
    : undefined;
  return firstMismatch(
    () => memberMismatch(shape, 'pk', publicKey),
    () => made && memberMismatch(shape, 'ct', made.ciphertext),
    () => made && memberMismatch(shape, 'ss', made.sharedSecret),
    () => memberMismatch(shape, 'ss', opened('ct')),
    () => (shape.has('ct_n') ? memberMismatch(shape, 'ss_n', opened('ct_n')) : undefined),
  );
}
