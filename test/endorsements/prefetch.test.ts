import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/endorsements/failure.ts';
import type { RefreshableEndorsement } from '../../src/endorsements/held.ts';
import { Prefetcher } from '../../src/endorsements/prefetch.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** When all documents were fetched; they end thirty days later. */
const START = Date.UTC(2026, 5, 1);
const END = START + 30 * DAY;

const DOWN: Failure = { outcome: 'unreachable', at: 'https://a', because: 'HTTP 503' };

type Outcome = { readonly outcome: 'accepted' } | Failure;

/** Documents of some services, all with the same end, and a service that does as it is told. */
class Fleet {
  clock = START;
  outcome: (name: string) => Outcome = () => ({ outcome: 'accepted' });
  readonly asked: string[] = [];
  busiest = 0;
  #busy = 0;
  readonly #documents = new Map<string, { fetchedAt: number; usedAt: number; service: string }>();

  constructor(count: number, service = (_: number) => 'https://a') {
    for (let i = 0; i < count; i++) {
      this.#documents.set(`document ${i}`, {
        fetchedAt: START,
        usedAt: START,
        service: service(i),
      });
    }
  }

  use(name: string): void {
    const document = this.#documents.get(name);
    if (document) document.usedAt = this.clock;
  }

  useAll(): void {
    for (const name of this.#documents.keys()) this.use(name);
  }

  held(): readonly RefreshableEndorsement[] {
    return [...this.#documents].map(([name, { fetchedAt, usedAt, service }]) => ({
      name,
      kinds: ['snp.crl'],
      service,
      fetchedAt,
      usedAt,
      validity: { from: START - DAY, to: END },
      refreshAt: fetchedAt + (END - fetchedAt) / 2,
      refresh: () => this.#refresh(name),
    }));
  }

  async #refresh(name: string): Promise<Outcome> {
    this.asked.push(name);
    this.#busy++;
    this.busiest = Math.max(this.busiest, this.#busy);
    await Promise.resolve();
    this.#busy--;
    const outcome = this.outcome(name);
    const document = this.#documents.get(name);
    if (outcome.outcome === 'accepted' && document) document.fetchedAt = this.clock;
    return outcome;
  }
}

/** Always the same numbers, spread over 0 to 1. */
function sequence(): () => number {
  let state = 1;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function prefetcherOf(fleet: Fleet, random = sequence()): Prefetcher {
  return new Prefetcher({ now: () => fleet.clock, random, held: () => fleet.held() });
}

const HALF = START + 15 * DAY;

describe('a thousand documents that end in the same second', () => {
  it('are had anew a few at a time, spread over a day, before their half-life', async () => {
    const fleet = new Fleet(1000);
    const prefetcher = prefetcherOf(fleet);
    fleet.clock = HALF - DAY - 1;
    fleet.useAll();
    expect(await prefetcher.run()).toMatchObject({ refreshed: 0, failed: [], postponed: 0 });
    const counts: number[] = [];
    for (let hour = 1; hour <= 24; hour++) {
      fleet.clock = HALF - DAY + hour * HOUR;
      counts.push((await prefetcher.run()).refreshed);
    }
    expect(counts.reduce((sum, count) => sum + count)).toBe(1000);
    // A twenty-fourth would be 42.
    for (const count of counts) expect(count).toBeLessThan(80);
    expect(new Set(fleet.asked).size).toBe(1000);
    expect(fleet.busiest).toBe(2);
  });

  it('that are all overdue: each once, two at a time', async () => {
    const fleet = new Fleet(1000);
    fleet.clock = END;
    fleet.useAll();
    const done = await prefetcherOf(fleet).run();
    expect(done).toMatchObject({ refreshed: 1000, failed: [], postponed: 0 });
    expect(fleet.asked).toHaveLength(1000);
    expect(fleet.busiest).toBe(2);
  });

  it.each<{ name: string; outcome: Failure }>([
    { name: 'a service that is down', outcome: DOWN },
    {
      name: 'a service that lies',
      outcome: { outcome: 'refused', at: 'https://a', because: 'forged', checks: [] },
    },
  ])('$name is asked for a handful, then left alone for longer each time', async ({ outcome }) => {
    const fleet = new Fleet(1000);
    fleet.clock = HALF;
    fleet.useAll();
    fleet.outcome = () => outcome;
    const prefetcher = prefetcherOf(fleet);
    const first = await prefetcher.run();
    expect(first.failed.length).toBeLessThanOrEqual(5);
    expect(first.failed.length + first.postponed).toBe(1000);
    expect(first.failed[0]).toMatchObject({ outcome: outcome.outcome, because: outcome.because });
    const before = fleet.asked.length;
    expect(await prefetcher.run()).toMatchObject({ failed: [], postponed: 1000 });
    expect(fleet.asked).toHaveLength(before);
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      const { nextAt = 0 } = await prefetcher.run();
      waits.push(nextAt - fleet.clock);
      fleet.clock = nextAt;
    }
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(10 * MINUTE);
    expect(Math.max(...waits.slice(5))).toBeGreaterThan(4 * MINUTE);
    expect(Math.max(...waits.slice(0, 2))).toBeLessThanOrEqual(MINUTE);
    // Eight rounds, five documents each.
    expect(fleet.asked.length).toBeLessThanOrEqual(45);
    // Once it is well again, all that is left alone by itself comes within a quarter of an hour.
    fleet.outcome = () => ({ outcome: 'accepted' });
    let refreshed = 0;
    for (let minute = 0; minute < 26; minute++) {
      fleet.clock += MINUTE;
      refreshed += (await prefetcher.run()).refreshed;
    }
    expect(refreshed).toBe(1000);
  });

  it('of which some are refused for good do not hold up the others', async () => {
    const fleet = new Fleet(1000);
    fleet.clock = HALF;
    fleet.useAll();
    const isBad = (name: string) => Number(name.split(' ')[1]) < 12;
    fleet.outcome = (name) => (isBad(name) ? DOWN : { outcome: 'accepted' });
    const prefetcher = prefetcherOf(fleet);
    let refreshed = 0;
    for (let minute = 0; minute < 30; minute++) {
      refreshed += (await prefetcher.run()).refreshed;
      fleet.clock += MINUTE;
    }
    expect(refreshed).toBe(988);
  });

  it('one service that is down holds up no other', async () => {
    const fleet = new Fleet(1000, (i) => `https://${i % 2 === 0 ? 'a' : 'b'}`);
    fleet.clock = HALF;
    fleet.useAll();
    fleet.outcome = (name) =>
      Number(name.split(' ')[1]) % 2 === 0 ? DOWN : { outcome: 'accepted' };
    expect(await prefetcherOf(fleet).run()).toMatchObject({ refreshed: 500 });
  });

  it('whoever calls meanwhile gets the answer of the same run', async () => {
    const fleet = new Fleet(100);
    fleet.clock = HALF;
    fleet.useAll();
    const prefetcher = prefetcherOf(fleet);
    const [a, b] = await Promise.all([prefetcher.run(), prefetcher.run()]);
    expect(a).toBe(b);
    expect(fleet.asked).toHaveLength(100);
  });
});

describe('what is not fetched anew', () => {
  it('what nobody asked for in two weeks', async () => {
    const fleet = new Fleet(3);
    fleet.clock = HALF - 13 * DAY;
    fleet.use('document 1');
    fleet.clock = HALF;
    await prefetcherOf(fleet).run();
    expect(fleet.asked).toEqual(['document 1']);
  });

  it('what there is no service for', async () => {
    const fleet = new Fleet(3);
    fleet.clock = HALF;
    fleet.useAll();
    const held = () => fleet.held().map((one) => ({ ...one, service: undefined }));
    const prefetcher = new Prefetcher({ now: () => fleet.clock, random: () => 0, held });
    expect(await prefetcher.run()).toEqual({
      refreshed: 0,
      failed: [],
      postponed: 0,
      nextAt: undefined,
    });
  });

  it('what came within the last five minutes, however soon it ends', async () => {
    const fleet = new Fleet(1);
    const prefetcher = prefetcherOf(fleet);
    fleet.clock = END - 2 * MINUTE;
    fleet.useAll();
    expect(await prefetcher.run()).toMatchObject({ refreshed: 1, nextAt: END + 3 * MINUTE });
    fleet.clock = END - MINUTE;
    expect(await prefetcher.run()).toMatchObject({ refreshed: 0 });
  });
});

it('a bug of ours is not mistaken for a failure of theirs', async () => {
  const fleet = new Fleet(1);
  fleet.clock = HALF;
  fleet.useAll();
  fleet.outcome = () => {
    throw new RangeError('bug');
  };
  await expect(prefetcherOf(fleet).run()).rejects.toThrow('bug');
});
