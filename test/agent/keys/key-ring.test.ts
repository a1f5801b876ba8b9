import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { KeysConfig } from '../../../src/agent/config.ts';
import { makeGeneration } from '../../../src/agent/keys/key-generation.ts';
import { KeyRing } from '../../../src/agent/keys/key-ring.ts';

const MINUTE = 60_000;
const KEYS: KeysConfig = {
  suites: ['x25519'],
  life: 60 * MINUTE,
  overlap: 10 * MINUTE,
  inFlight: 10 * MINUTE,
  dateWindow: 2 * MINUTE,
  encapsulations: 1,
  accounts: 16,
};

it('keys whose tables are full follow each other up to eight: then the oldest ends first', () => {
  const begin = Date.parse('2026-06-01T12:00:00Z');
  let passed = 0;
  const ring = new KeyRing(KEYS, { now: () => begin + passed, elapsed: () => passed });
  for (let count = 1; count <= 8; count++) {
    expect(ring.dueAt).toBe(begin + passed);
    const made = makeGeneration({
      deployment: 'test',
      agentConfigSha256: new Uint8Array(32),
      keys: KEYS,
      firstKeyId: count,
      now: begin + passed,
      elapsed: passed,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      more: [],
    });
    ring.activate(made);
    made.encapsulations.claim(Uint8Array.of(count));
    passed += MINUTE;
  }
  expect(ring.dueAt).toBe(begin + KEYS.life + KEYS.inFlight);
  passed = KEYS.life + KEYS.inFlight;
  expect(ring.dueAt).toBe(begin + passed);
  ring.eraseAll();
});
