import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { judgeChallenge, makeChallenge } from '../../../src/gateway/fleet/challenge.ts';
import { ChallengeDesk } from '../../../src/gateway/fleet/challenge-desk.ts';
import type { ChallengeKey } from '../../../src/gateway/fleet/store.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const TIMES = { ttl: 120_000, skew: 5000 };
const key = { id: '00'.repeat(8), key: new Uint8Array(32).fill(1), madeAt: NOW };
const other = { ...key, key: new Uint8Array(32).fill(2) };
const terms = {
  gateway: 'https://gate.example',
  purpose: 'admission:https://gate.example',
  node: 'a1',
};
const nonce = makeChallenge(key, terms, NOW, new Uint8Array(10).fill(7));

describe('a challenge', () => {
  it('is 32 bytes, known again by whoever has the key, and tells when it was made', () => {
    expect(nonce).toHaveLength(32);
    expect(judgeChallenge([other, key], nonce, terms, NOW + 1000, TIMES)).toEqual({
      is: 'good',
      madeAt: NOW,
    });
  });

  it('differs with its random part', () => {
    expect(makeChallenge(key, terms, NOW, new Uint8Array(10).fill(8))).not.toEqual(nonce);
  });

  it.each([
    ['another node', { ...terms, node: 'a2' }],
    ['another purpose', { ...terms, purpose: 'enrolment:https://gate.example' }],
    ['another gateway', { ...terms, gateway: 'https://gate.example.net' }],
    ['a purpose that runs into the node', { ...terms, purpose: `${terms.purpose}a`, node: '1' }],
  ])('is foreign to %s', (_what, others) => {
    expect(judgeChallenge([key], nonce, others, NOW, TIMES)).toEqual({ is: 'foreign' });
  });

  it('is foreign under another key, and without one', () => {
    expect(judgeChallenge([other], nonce, terms, NOW, TIMES)).toEqual({ is: 'foreign' });
    expect(judgeChallenge([], nonce, terms, NOW, TIMES)).toEqual({ is: 'foreign' });
  });

  it('is foreign with any bit changed, and of any other length', () => {
    for (let bit = 0; bit < 256; bit++) {
      const bytes = nonce.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(judgeChallenge([key], bytes, terms, NOW, TIMES)).toEqual({ is: 'foreign' });
    }
    for (const length of [0, 16, 31]) {
      expect(judgeChallenge([key], nonce.subarray(0, length), terms, NOW, TIMES).is).toBe(
        'foreign',
      );
    }
    expect(judgeChallenge([key], new Uint8Array([...nonce, 0]), terms, NOW, TIMES).is).toBe(
      'foreign',
    );
  });

  it('is good up to its end, and stale after', () => {
    expect(judgeChallenge([key], nonce, terms, NOW + TIMES.ttl, TIMES).is).toBe('good');
    expect(judgeChallenge([key], nonce, terms, NOW + TIMES.ttl + 1, TIMES)).toEqual({
      is: 'stale',
      age: TIMES.ttl + 1,
    });
  });

  it('may be a little ahead of a clock, and no more', () => {
    expect(judgeChallenge([key], nonce, terms, NOW - TIMES.skew, TIMES).is).toBe('good');
    expect(judgeChallenge([key], nonce, terms, NOW - TIMES.skew - 1, TIMES)).toEqual({
      is: 'early',
      by: TIMES.skew + 1,
    });
  });

  it('reads the same out of a larger buffer', () => {
    const larger = new Uint8Array(64).fill(0xee);
    larger.set(nonce, 13);
    expect(judgeChallenge([key], larger.subarray(13, 45), terms, NOW, TIMES).is).toBe('good');
  });
});

describe('a desk', () => {
  let keys: ChallengeKey[];
  beforeEach(() => {
    keys = [];
  });
  const store = {
    challengeKeys: async () => [...keys],
    rotateChallengeKey: async (made: ChallengeKey) => void keys.unshift(made),
  };
  const deskAt = (clock: { now: number }) =>
    new ChallengeDesk({
      store,
      now: () => clock.now,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      times: { ...TIMES, keyLife: 86_400_000 },
    });

  it('knows a challenge under another gateway’s new key, also when its own clock was set back', async () => {
    const clock = { now: NOW + 3_600_000 };
    const here = deskAt(clock);
    await here.issue(terms);
    clock.now = NOW;
    keys = [];
    const { nonce: theirs } = await deskAt({ now: NOW }).issue(terms);
    await expect(here.check(theirs, terms)).resolves.toBe(NOW);
  });

  it('neither knows nor makes challenges under a key that was revoked a second ago', async () => {
    const clock = { now: NOW };
    const here = deskAt(clock);
    const { nonce: open } = await here.issue(terms);
    await expect(here.check(open, terms)).resolves.toBe(NOW);
    const [revoked] = keys;
    keys = [{ ...key, madeAt: NOW + 1 }];
    clock.now += 1000;
    await expect(here.check(open, terms)).rejects.toMatchObject({ code: 'usage', at: 'nonce' });
    const { nonce: next } = await here.issue(terms);
    const judged = (under: ChallengeKey | undefined) =>
      judgeChallenge(under ? [under] : [], next, terms, clock.now, TIMES).is;
    expect([judged(revoked), judged(keys[0])]).toEqual(['foreign', 'good']);
  });
});
