import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimit, type RateRules } from '../../../src/gateway/identity/rate-limit.ts';

const RULES: RateRules = {
  each: { burst: 3, perSecond: 2 },
  all: { burst: 5, perSecond: 10 },
  mostKeys: 100,
};

function takes(limit: RateLimit, key: string, now: number, count: number): number {
  let allowed = 0;
  for (let i = 0; i < count; i++) if (limit.take(key, now).allowed) allowed++;
  return allowed;
}

it('lets a burst through, then what the rate gives', () => {
  const limit = new RateLimit(RULES);
  expect(takes(limit, 'a', 0, 3)).toBe(3);
  expect(limit.take('a', 0)).toEqual({ allowed: false, by: 'each', retryAfter: 500 });
  expect(limit.take('a', 499)).toEqual({ allowed: false, by: 'each', retryAfter: 1 });
  expect(limit.take('a', 500)).toEqual({ allowed: true });
  expect(limit.take('a', 500)).toEqual({ allowed: false, by: 'each', retryAfter: 500 });
  expect(takes(limit, 'a', 1_000_000, 10)).toBe(3);
});

it('counts each key for itself, and all together', () => {
  const limit = new RateLimit(RULES);
  expect(takes(limit, 'a', 0, 9)).toBe(3);
  expect(takes(limit, 'b', 0, 9)).toBe(2);
  expect(limit.take('b', 0)).toEqual({ allowed: false, by: 'all', retryAfter: 100 });
  expect(limit.take('c', 99)).toEqual({ allowed: false, by: 'all', retryAfter: 1 });
  // Who was held up by the others has not paid for it, and who is over their own rate takes
  // nothing from the others.
  expect(takes(limit, 'a', 100, 9)).toBe(0);
  expect(takes(limit, 'b', 100, 9)).toBe(1);
});

it('holds a key by its own rule where it has one, and by nothing of the others', () => {
  const limit = new RateLimit(RULES);
  const own = { burst: 20, perSecond: 1 };
  const mine = () => limit.take('own', 0, own).allowed;
  expect(Array.from({ length: 25 }, mine).filter(Boolean)).toHaveLength(20);
  expect(limit.take('own', 0, own)).toEqual({ allowed: false, by: 'each', retryAfter: 1000 });
  expect(takes(limit, 'a', 0, 9) + takes(limit, 'b', 0, 9)).toBe(5);
  // A rule that allows less from now on leaves no more than that.
  expect(limit.take('own', 60_000, { burst: 1, perSecond: 1 }).allowed).toBe(true);
  expect(limit.take('own', 60_000, { burst: 1, perSecond: 1 }).allowed).toBe(false);
});

it('remembers so many keys, and forgets the one that is longest unseen', () => {
  const all = { burst: 1000, perSecond: 1000 };
  const limit = new RateLimit({ ...RULES, all, mostKeys: 3 });
  for (const key of ['a', 'b', 'c']) expect(takes(limit, key, 0, 9)).toBe(3);
  limit.take('a', 0);
  for (let i = 0; i < 50; i++) limit.take(`new ${i % 2}`, 0);
  expect(limit.keys).toBe(3);
  expect(takes(limit, 'a', 0, 1)).toBe(0);
  expect(takes(limit, 'b', 0, 9)).toBe(3);
});

it('gives nothing for a clock that goes back', () => {
  const limit = new RateLimit(RULES);
  expect(takes(limit, 'a', 10_000, 9)).toBe(3);
  expect(takes(limit, 'a', 0, 9)).toBe(0);
  expect(takes(limit, 'a', 10_000, 9)).toBe(0);
  expect(takes(limit, 'a', 10_500, 9)).toBe(1);
});

it('never lets more through than burst and rate, and then keeps its word', () => {
  const steps = fc.array(fc.record({ wait: fc.nat(700), key: fc.constantFrom('a', 'b', 'c') }), {
    maxLength: 200,
  });
  const rules = fc.record({
    burst: fc.integer({ min: 1, max: 7 }),
    perSecond: fc.double({ min: 0.1, max: 20, noNaN: true }),
  });
  const property = fc.property(steps, rules, rules, (taken, each, all) => {
    const limit = new RateLimit({ each, all, mostKeys: 10 });
    const allowed = new Map<string, number>();
    let now = 0;
    for (const { wait, key } of taken) {
      now += wait;
      const answer = limit.take(key, now);
      if (!answer.allowed) {
        expect(answer.retryAfter).toBeGreaterThan(0);
        continue;
      }
      for (const name of [key, 'all']) allowed.set(name, (allowed.get(name) ?? 0) + 1);
    }
    for (const [name, count] of allowed) {
      const { burst, perSecond } = name === 'all' ? all : each;
      expect(count).toBeLessThanOrEqual(burst + (now / 1000) * perSecond + 1e-6);
    }
    const last = limit.take('a', now);
    if (!last.allowed && last.by === 'each') {
      const again = limit.take('a', now + last.retryAfter);
      expect(again.allowed || again.by).not.toBe('each');
    }
  });
  fc.assert(property, { numRuns: 300 });
});

describe('refuses rules that let nothing through, or all', () => {
  it.each([
    { ...RULES, each: { burst: 0, perSecond: 1 } },
    { ...RULES, each: { burst: 0.5, perSecond: 1 } },
    { ...RULES, each: { burst: 1, perSecond: 0 } },
    { ...RULES, all: { burst: Number.POSITIVE_INFINITY, perSecond: 1 } },
    { ...RULES, all: { burst: 1, perSecond: Number.NaN } },
    { ...RULES, mostKeys: 0 },
  ])('%j', (rules) => {
    expect(() => new RateLimit(rules)).toThrow(RangeError);
  });
});
