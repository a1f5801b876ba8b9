import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw, type NodeFacts, weigh } from '../../../src/gateway/broker/weights.ts';

const facts: fc.Arbitrary<NodeFacts> = fc.record({
  inFlight: fc.nat(10_000),
  firstByte: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined }),
  failures: fc.double({ min: 0, max: 1e6, noNaN: true }),
});
const fleet = fc.array(facts, { minLength: 1, maxLength: 50 });

/** The weight of the first of two nodes that differ in one thing. */
function shareOf(one: Partial<NodeFacts>, other: Partial<NodeFacts>): number {
  const usual: NodeFacts = { inFlight: 1, firstByte: 100, failures: 0 };
  return weigh([
    { ...usual, ...one },
    { ...usual, ...other },
  ])[0] as number;
}

describe('weights', () => {
  it('are above 0, and 1 in sum, whatever the nodes are like', () => {
    fc.assert(
      fc.property(fleet, (nodes) => {
        const weights = weigh(nodes);
        expect(weights).toHaveLength(nodes.length);
        for (const weight of weights) expect(weight > 0 && weight <= 1).toBe(true);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('never give more to who has more to do, begins later or failed more', () => {
    fc.assert(
      fc.property(facts, facts, (a, b) => {
        const worse: NodeFacts = {
          inFlight: Math.max(a.inFlight, b.inFlight),
          firstByte: Math.max(a.firstByte ?? 0, b.firstByte ?? 0),
          failures: Math.max(a.failures, b.failures),
        };
        const [better = 0, other = 0] = weigh([{ ...a, firstByte: a.firstByte ?? 0 }, worse]);
        expect(better).toBeGreaterThanOrEqual(other);
      }),
    );
  });

  it('are even among equals, and for who was never asked no less than for the quickest', () => {
    expect(shareOf({}, {})).toBeCloseTo(0.5);
    expect(shareOf({ firstByte: undefined }, {})).toBeCloseTo(0.5);
    expect(shareOf({ firstByte: 300 }, {})).toBeCloseTo(0.25);
    expect(shareOf({ inFlight: 3 }, {})).toBeCloseTo(1 / 3);
    expect(shareOf({ failures: 1 }, {})).toBeCloseTo(1 / 6);
    expect(shareOf({ firstByte: 10 }, { firstByte: 40 })).toBeCloseTo(0.5);
  });
});

describe('a draw', () => {
  it('has each at most once, and as many as there are or are wanted', () => {
    fc.assert(
      fc.property(
        fleet,
        fc.nat(60),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (nodes, count, chance) => {
          const drawn = draw(weigh(nodes), count, () => chance.next().value as number);
          expect(new Set(drawn).size).toBe(drawn.length);
          expect(drawn).toHaveLength(Math.min(count, nodes.length));
        },
      ),
    );
  });

  it('is by weight', () => {
    expect(draw([0.2, 0.3, 0.5], 1, () => 0.19)).toEqual([0]);
    expect(draw([0.2, 0.3, 0.5], 1, () => 0.21)).toEqual([1]);
    expect(draw([0.2, 0.3, 0.5], 1, () => 0.99)).toEqual([2]);
    expect(draw([0.2, 0.3, 0.5], 3, () => 0)).toEqual([0, 1, 2]);
  });
});
