import fc from 'fast-check';
import { expect } from 'vitest';
import { readCandidates } from '../../src/client/candidates.ts';
import { readRevisionMemory, writeRevisionMemory } from '../../src/client/revision-memory.ts';
import { readRevocationMemory, writeRevocationMemory } from '../../src/client/revocation-memory.ts';
import { parseJson } from '../../src/core/encoding/json.ts';
import { fuzz, orRefused } from '../support/fuzz.ts';

const MEMORY = writeRevisionMemory({
  accepted: { revision: 3, digest: `sha256:${'ab'.repeat(32)}` },
  envelope: Uint8Array.of(1, 2, 3),
  waiting: { revision: 4, digest: `sha256:${'cd'.repeat(32)}`, since: 1_790_000_000_000 },
});
const SEEN = writeRevocationMemory([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
const CANDIDATES = JSON.stringify({
  pool: 'p',
  ledger: { origin: 'log.example' },
  candidates: [
    {
      node: 'aa'.repeat(16),
      name: 'node-1',
      services: { ssh: 'node-1.example:22', tls: '[2001:db8::1]:443' },
      weight: 0.5,
      until: '2026-06-01T00:00:00Z',
      decision: 'bb'.repeat(16),
      keysetSha384: 'cc'.repeat(48),
      proofs: [{ entry: 'AA==', proof: 'AA==', salt: 'dd'.repeat(32) }],
    },
  ],
});

/** The text with a stretch of it replaced. */
const damaged = (text: string) =>
  fc
    .tuple(fc.nat(text.length), fc.nat(12), fc.string({ maxLength: 6 }))
    .map(([at, length, fresh]) => text.slice(0, at) + fresh + text.slice(at + length));

fuzz('what is remembered of revisions reads as written, or not at all', damaged(MEMORY), (text) => {
  const read = orRefused(() => readRevisionMemory(text));
  if (read) expect(readRevisionMemory(writeRevisionMemory(read))).toEqual(read);
});

fuzz('revocations that were seen read as written, or not at all', damaged(SEEN), (text) => {
  const read = orRefused(() => readRevocationMemory(text));
  if (read) expect(readRevocationMemory(writeRevocationMemory(read))).toEqual(read);
});

fuzz('candidates are of their schema, or refused', damaged(CANDIDATES), (text) => {
  const read = orRefused(() => readCandidates(parseJson(text, 'x').value, { model: 'm' }));
  if (read) expect(read.candidates.every(({ weight }) => weight >= 0 && weight <= 1)).toBe(true);
});
