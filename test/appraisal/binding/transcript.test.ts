import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  type Commitment,
  gpuNonceFor,
  purposeProblem,
  reportDataFor,
  transcriptHash,
} from '../../../src/appraisal/binding/transcript.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { type BindingVector, bindingFixtures } from '../../../tools/fixtures/binding.ts';
import { faultOf } from '../../support/fault-of.ts';
import { asView } from '../../support/view.ts';

const FILE = fileURLToPath(new URL('../../../fixtures/binding/vectors.json', import.meta.url));
const vectors = JSON.parse(readFileSync(FILE, 'utf8')) as readonly BindingVector[];
const named = vectors.map((vector) => [vector.name, vector] as const);

function commitmentOf({ purpose, nonce, keyset, deviceEvidence }: BindingVector): Commitment {
  return {
    purpose,
    nonce: new Uint8Array(Buffer.from(nonce, 'hex')),
    keyset: new Uint8Array(Buffer.from(keyset, 'base64')),
    deviceEvidence: new Uint8Array(Buffer.from(deviceEvidence, 'base64')),
  };
}

/** The definition once more, by another hand: each field behind its length in four bytes. */
function hashed(algorithm: 'sha256' | 'sha384', ...fields: readonly (string | Uint8Array)[]) {
  const hash = createHash(algorithm);
  for (const field of fields) {
    const bytes = Buffer.from(field as Uint8Array);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest('hex');
}

const sha384 = (bytes: Uint8Array) => createHash('sha384').update(bytes).digest();

describe('the pinned vectors', () => {
  it('are there, and no two of them alike', () => {
    expect(vectors.length).toBeGreaterThan(10);
    expect(new Set(vectors.map(({ reportData }) => reportData)).size).toBe(vectors.length);
  });

  it('are what the maker makes', () => {
    expect([...bindingFixtures().keys()]).toEqual(['vectors.json']);
    expect(
      Buffer.from(bindingFixtures().get('vectors.json') ?? []).equals(readFileSync(FILE)),
    ).toBe(true);
  });

  it.each(named)('%s', (_, vector) => {
    const commitment = commitmentOf(vector);
    expect(toHex(transcriptHash(commitment))).toBe(vector.transcriptSha384);
    expect(toHex(reportDataFor(commitment))).toBe(vector.reportData);
    expect(toHex(gpuNonceFor(commitment))).toBe(vector.gpuNonce);
  });

  it.each(named)('%s, computed independently', (_, vector) => {
    const { purpose, nonce, keyset, deviceEvidence } = commitmentOf(vector);
    const challenge = [purpose, nonce, sha384(keyset)];
    const fields = [...challenge, sha384(deviceEvidence)];
    const transcript = hashed('sha384', 'postern/report-data/v1', ...fields);
    expect(vector.keysetSha384).toBe(sha384(keyset).toString('hex'));
    expect(vector.deviceEvidenceSha384).toBe(sha384(deviceEvidence).toString('hex'));
    expect(vector.transcriptSha384).toBe(transcript);
    expect(vector.reportData).toBe(transcript + '00'.repeat(16));
    expect(vector.gpuNonce).toBe(hashed('sha256', 'postern/gpu-nonce/v1', ...challenge));
  });

  it('share a device nonce just where purpose, nonce and keyset are the same', () => {
    const challenges = vectors.map(({ purpose, nonce, keyset }) => `${purpose} ${nonce} ${keyset}`);
    expect(new Set(vectors.map(({ gpuNonce }) => gpuNonce)).size).toBe(new Set(challenges).size);
  });
});

const good: Commitment = {
  purpose: 'client',
  nonce: new Uint8Array(32).fill(7),
  keyset: Uint8Array.of(1, 2, 3),
  deviceEvidence: Uint8Array.of(4, 5),
};

describe('the transcript', () => {
  it('tells a byte of one field from a byte of its neighbour', () => {
    const moved = { ...good, keyset: Uint8Array.of(1, 2), deviceEvidence: Uint8Array.of(3, 4, 5) };
    expect(reportDataFor(moved)).not.toEqual(reportDataFor(good));
  });

  it('tells no devices from an empty list of them', () => {
    const none = { ...good, deviceEvidence: new Uint8Array() };
    const empty = { ...good, deviceEvidence: new TextEncoder().encode('[]') };
    expect(reportDataFor(none)).not.toEqual(reportDataFor(empty));
  });

  it('is the same out of a larger buffer, which is left as it was', () => {
    const views = {
      purpose: good.purpose,
      nonce: asView(good.nonce),
      keyset: asView(good.keyset),
      deviceEvidence: asView(good.deviceEvidence),
    };
    expect(reportDataFor(views)).toEqual(reportDataFor(good));
    expect(gpuNonceFor(views)).toEqual(gpuNonceFor(good));
    expect(views.nonce).toEqual(good.nonce);
  });
});

describe('refused as wrong use', () => {
  it.each([
    { name: 'no purpose', change: { purpose: '' }, at: 'binding.purpose' },
    { name: 'a purpose of 256 bytes', change: { purpose: 'p'.repeat(256) }, at: 'binding.purpose' },
    {
      name: 'a purpose of 128 characters and 256 bytes',
      change: { purpose: 'ü'.repeat(128) },
      at: 'binding.purpose',
    },
    { name: 'a line break in the purpose', change: { purpose: 'a\nb' }, at: 'binding.purpose' },
    { name: 'a NUL in the purpose', change: { purpose: 'a\0' }, at: 'binding.purpose' },
    { name: 'DEL in the purpose', change: { purpose: 'a\x7f' }, at: 'binding.purpose' },
    { name: 'a C1 control character', change: { purpose: 'a\x85b' }, at: 'binding.purpose' },
    { name: 'half a character', change: { purpose: 'a\ud800' }, at: 'binding.purpose' },
    { name: 'no nonce', change: { nonce: new Uint8Array() }, at: 'binding.nonce' },
    { name: 'a nonce of 31 bytes', change: { nonce: new Uint8Array(31) }, at: 'binding.nonce' },
    { name: 'a nonce of 33 bytes', change: { nonce: new Uint8Array(33) }, at: 'binding.nonce' },
  ])('$name', ({ change, at }) => {
    const wrong = { ...good, ...change };
    for (const make of [transcriptHash, reportDataFor, gpuNonceFor]) {
      expect(faultOf(() => make(wrong))).toMatchObject({ code: 'usage', at });
    }
  });

  it('and not the longest purpose there may be', () => {
    expect(purposeProblem('ü'.repeat(127))).toBeUndefined();
    expect(purposeProblem('p'.repeat(255))).toBeUndefined();
  });
});
