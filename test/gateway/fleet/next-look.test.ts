import { describe, expect, it } from 'vitest';
import { lookAgain, lookAtAdmitted, patience } from '../../../src/gateway/fleet/next-look.ts';

const NOW = 1_000_000;
const MINUTE = 60_000;
const times = {
  nonceTtl: MINUTE,
  resultTtl: 15 * MINUTE,
  reattestEvery: 10 * MINUTE,
  reattestGrace: 5 * MINUTE,
};
const randoms = Array.from({ length: 21 }, (_, i) => i / 20);

describe('an admitted node', () => {
  const whole = { until: NOW + 15 * MINUTE, evidenceAt: NOW };

  it('with an endpoint is called within two thirds of its time, at a moment of its own', () => {
    const looks = randoms.map((random) =>
      lookAtAdmitted({ endpoint: 'https://n' }, whole, times, { now: NOW, random }),
    );
    expect(Math.min(...looks)).toBe(NOW + 8 * MINUTE);
    expect(Math.max(...looks)).toBe(NOW + 12 * MINUTE);
    expect(new Set(looks).size).toBe(randoms.length);
  });

  it('whose admission is short is called before that is over', () => {
    const short = { until: NOW + MINUTE, evidenceAt: NOW };
    for (const random of randoms) {
      const at = lookAtAdmitted({ endpoint: 'https://n' }, short, times, { now: NOW, random });
      expect(at).toBeGreaterThan(NOW);
      expect(at).toBeLessThan(short.until);
    }
  });

  it('that comes by itself is looked at when its grace is over', () => {
    for (const random of randoms) {
      expect(lookAtAdmitted({}, whole, times, { now: NOW, random })).toBe(
        whole.until + times.reattestGrace,
      );
    }
  });

  it('whose endorsements end before its evidence is looked at before, spread out', () => {
    const until = NOW + 6 * MINUTE;
    const looks = randoms.map((random) =>
      lookAtAdmitted({}, { until, evidenceAt: NOW }, times, { now: NOW, random }),
    );
    expect(Math.max(...looks)).toBeCloseTo(until - 0.05 * 6 * MINUTE, 3);
    expect(Math.min(...looks)).toBeCloseTo(until - 0.3 * 6 * MINUTE, 3);
  });
});

describe('after an attempt that came to nothing', () => {
  const retry = { retry: 10_000, retryMost: 600_000 };
  const enrolled = { state: 'enrolled', since: 0 } as const;

  it('the next comes later with each, up to a limit', () => {
    const waits = [0, 1, 2, 3, 10, 1000].map(
      (failures) =>
        lookAgain({ failures, standing: enrolled }, retry, 0, { now: NOW, random: 0.5 }) - NOW,
    );
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, 600_000, 600_000]);
  });

  it('an admission is not over unseen', () => {
    const admission = { id: '', decision: '', evidenceAt: 0, policy: '', until: NOW + 1000 };
    const standing = { state: 'admitted', since: 0, admission } as const;
    const look = { now: NOW, random: 0.5 };
    expect(lookAgain({ failures: 9, standing }, retry, 500, look)).toBe(NOW + 1500);
    // And one that is over already does not make it come at once, for ever.
    const over = { ...standing, admission: { ...admission, until: NOW - 1000 } };
    expect(lookAgain({ failures: 0, standing: over }, retry, 500, look)).toBe(NOW + 10_000);
  });
});

describe('a node that comes by itself', () => {
  const short = { retry: 10_000, retryMost: 60_000 };
  it.each([
    [0, 'reject', 0],
    [4, 'reject', 0],
    [5, 'reject', 10_000],
    [6, 'reject', 20_000],
    [8, 'reject', 60_000],
    [5_000, 'reject', 60_000],
    // A machine of another hardware than it had was accepted, and a rule of the fleet refused it.
    [6, 'accept', 20_000],
    [4, 'indeterminate', 0],
    [50, 'indeterminate', 10_000],
  ] as const)('after %i attempts, the last one %s, waits %i ms', (failures, verdict, wait) => {
    expect(patience(failures, verdict, short)).toBe(wait);
  });
});
