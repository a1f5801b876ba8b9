import {
  importAeadKey,
  importX25519,
  importX25519Secret,
  openAead,
  sealAead,
  x25519,
} from '#crypto';
import { fromHex, toHex } from '../../../core/bytes/hex.ts';
import { fromUtf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { AEAD_NONCE_SIZE, AEAD_TAG_SIZE, type AeadName } from '../../../core/crypto/aead-port.ts';
import { parseJson } from '../../../core/encoding/json.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import type { Runner } from '../runner.ts';
import { outcomeOf, type SealedVector } from './vectors.ts';

/** Suites of Wycheproof; every test of them says whether it is valid, invalid or acceptable. */
export const wycheproofRunner: Runner = {
  name: 'Wycheproof',
  reads: ['vectors'],
  takes: async ({ file }) => isSuite(suiteIn(await file('vectors'))),
  run: async (_, { file }) => {
    const suite = new JsonShape(suiteIn(await file('vectors')), 'vectors');
    const algorithm = suite.string('algorithm');
    return outcomeOf(
      suite
        .objects('testGroups')
        .flatMap((group) => group.objects('tests').map((test) => vectorOf(algorithm, group, test))),
    );
  },
};

function suiteIn(file: Uint8Array) {
  return parseJson(fromUtf8(file, 'vectors'), 'vectors').value;
}

function isSuite(value: ReturnType<typeof suiteIn>): boolean {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && 'algorithm' in value && 'testGroups' in value;
}

function vectorOf(algorithm: string, group: JsonShape, test: JsonShape): SealedVector {
  if (algorithm === 'XDH') {
    const curve = group.string('curve');
    if (curve !== 'curve25519') return { notOurs: `XDH on ${curve}` };
    return { problem: () => agreementProblem(test) };
  }
  const [iv, tag] = [group.integer('ivSize', 1 << 20), group.integer('tagSize', 1 << 20)];
  const name = aeadOf(algorithm, group.integer('keySize', 1 << 20));
  if (!name) return { notOurs: algorithm };
  if (tag !== AEAD_TAG_SIZE * 8) return { notOurs: `${algorithm} with a tag of ${tag} bits` };
  // Of those, what is invalid has to be refused all the same.
  if (iv !== AEAD_NONCE_SIZE * 8 && test.string('result') !== 'invalid')
    return { notOurs: `${algorithm} with a nonce of ${iv} bits` };
  return { problem: () => aeadProblem(name, test) };
}

function aeadOf(algorithm: string, keySize: number): AeadName | undefined {
  if (algorithm === 'CHACHA20-POLY1305') return 'chacha20-poly1305';
  if (algorithm !== 'AES-GCM') return undefined;
  if (keySize === 128) return 'aes-128-gcm';
  return keySize === 256 ? 'aes-256-gcm' : undefined;
}

function agreementProblem(test: JsonShape): Mismatch | undefined {
  const point = importX25519(bytesOf(test, 'public'));
  const secret = importX25519Secret(test.hex('private', 32));
  return answerProblem(test, point && x25519(secret, point), test.string('shared'));
}

function aeadProblem(name: AeadName, test: JsonShape): Mismatch | undefined {
  const [nonce, aad, plain] = [bytesOf(test, 'iv'), bytesOf(test, 'aad'), bytesOf(test, 'msg')];
  const sealed = concatBytes(bytesOf(test, 'ct'), bytesOf(test, 'tag'));
  const key = importAeadKey(name, bytesOf(test, 'key'));
  const opened = key && openAead(key, nonce, aad, sealed);
  const problem = answerProblem(test, opened, test.string('msg'));
  if (problem || !key || !opened) return problem;
  const made = toHex(sealAead(key, nonce, aad, plain, 0));
  return made === toHex(sealed) ? undefined : { want: toHex(sealed), got: made };
}

/** What is valid gives the answer, what is invalid none or another, and else it may be refused. */
function answerProblem(
  test: JsonShape,
  answer: Uint8Array | undefined,
  want: string,
): Mismatch | undefined {
  const got = answer ? toHex(answer) : 'a refusal';
  const result = test.string('result');
  const place = `${test.path}, ${result}`;
  switch (result) {
    case 'valid':
      return got === want ? undefined : { want: `${place}: ${want}`, got };
    case 'acceptable':
      return got === want || !answer ? undefined : { want: `${place}: ${want}`, got };
    case 'invalid':
      return got === want ? { want: `${place}: a refusal`, got } : undefined;
    default:
      throw malformed(`${test.path}.result`, 'want valid, acceptable or invalid');
  }
}

function bytesOf(shape: JsonShape, name: string): Uint8Array {
  return fromHex(shape.string(name), `${shape.path}.${name}`);
}
