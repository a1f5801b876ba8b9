import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import type { Checkpoint } from '../../src/ledger/note/checkpoint.ts';
import { writeCheckpointText } from '../../src/ledger/note/checkpoint.ts';
import { type NoteSigner, signNote } from '../../src/ledger/note/sign-note.ts';
import { writeSignedNote } from '../../src/ledger/note/signed-note.ts';
import { type KeyType, type VerifierKey, verifierKey } from '../../src/ledger/note/verifier-key.ts';

export interface TestSigner extends NoteSigner {
  readonly key: VerifierKey;
  readonly seed: Uint8Array;
}

/** A key that is the same at every run: its seed is one byte, 32 times. */
export function testSigner(name: string, type: KeyType, seedByte: number): TestSigner {
  const seed = new Uint8Array(32).fill(seedByte);
  if (type === 'cosignature-ml-dsa-44') {
    const { publicKey, secretKey } = ml_dsa44.keygen(seed);
    const key = verifierKey(name, type, publicKey);
    return { key, seed, sign: (message) => ml_dsa44.sign(message, secretKey) };
  }
  const secret = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  const key = verifierKey(name, type, new Uint8Array(spki.subarray(-32)));
  return { key, seed, sign: (message) => new Uint8Array(sign(null, message, secret)) };
}

export const TEST_TIME = 1_790_000_000n;

/** A checkpoint signed by all of these. */
export function signedCheckpoint(
  checkpoint: Checkpoint,
  signers: readonly NoteSigner[],
  time = TEST_TIME,
): Uint8Array {
  const text = writeCheckpointText(checkpoint);
  return writeSignedNote(
    text,
    signers.map((signer) => signNote(text, signer, time)),
  );
}
