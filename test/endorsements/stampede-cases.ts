import { expect } from 'vitest';
import { Prefetcher } from '../../src/endorsements/prefetch.ts';
import { createTdxPlatform } from '../../src/simulator/tdx/platform.ts';
import { type FakeWeb, refusing, silence, statusOf, truncated } from './fake-web.ts';
import { pagesOf, TdxFleet } from './fleet.ts';
import { DAY, now, platform } from './world.ts';

const END = Date.UTC(2026, 5, 19, 10, 16, 3);
/** What all platforms of one CA share: QE identity and both CRLs. */
const SHARED = 3;

export function prefetcherOf({ source, clock }: TdxFleet): Prefetcher {
  return new Prefetcher({ now: () => clock.ms, random: () => 0.5, held: () => source.held() });
}

/** So many kinds of platform, all wanted at once, all ending in the same second. */
export async function expectNoStampede(count: number): Promise<void> {
  const fleet = await TdxFleet.of(count);
  const { web, clock, source } = fleet;
  const found = await fleet.findAll();
  expect(found.every(({ state }) => state === 'current')).toBe(true);
  expect([web.requests.length, web.busiest, web.busiestUrl]).toEqual([count + SHARED, 8, 1]);
  expect(new Set(source.held().map(({ validity }) => validity.to))).toEqual(new Set([END]));

  clock.ms = now + 5 * DAY;
  const prefetcher = prefetcherOf(fleet);
  await fleet.findAll();
  expect(await prefetcher.run()).toMatchObject({ refreshed: 0, postponed: 0 });
  clock.ms = now + 6.6 * DAY;
  expect(await prefetcher.run()).toMatchObject({ refreshed: count, failed: [] });
  expect([web.requests.length, web.busiestUrl]).toEqual([2 * (count + SHARED), 1]);
  expect(web.busiest).toBeLessThanOrEqual(8);
  // Nobody who asks on the day of the half-life has to wait for anything.
  clock.ms = now + 8 * DAY;
  await fleet.findAll();
  expect(web.requests).toHaveLength(2 * (count + SHARED));
}

/** A source that is no good in one way, when all that is held is due. */
export async function expectOutage(count: number, { answerOf, because }: Outage): Promise<void> {
  const fleet = await TdxFleet.of(count);
  const { web, clock } = fleet;
  await fleet.findAll();
  clock.ms = now + 8 * DAY;
  web.requests.length = 0;
  web.answer = answerOf(fleet);
  const prefetcher = prefetcherOf(fleet);
  const first = await prefetcher.run();
  expect(first.refreshed).toBe(0);
  expect(first.failed.length + first.postponed).toBe(count);
  expect(first.failed.length).toBeLessThanOrEqual(5);
  for (const failure of first.failed) expect(failure.because).toMatch(because);
  // Five sets of four documents, each tried twice at the most.
  expect(web.requests.length).toBeLessThanOrEqual(40);
  expect(web.busiestUrl).toBe(1);
  const asked = web.requests.length;
  expect(await prefetcher.run()).toMatchObject({ failed: [], postponed: count });
  expect(web.requests).toHaveLength(asked);

  // What is held serves on while it is in date, and says why it is not newer.
  const held = await fleet.findAll();
  expect(held.every(({ state }) => state === 'current')).toBe(true);
  expect(held[count - 1]?.warnings.join()).toMatch(because);
  const before = web.requests.length;
  await fleet.findAll();
  expect(web.requests).toHaveLength(before);

  // It is never called current past its end.
  clock.ms = END + 1000;
  const late = await fleet.findAll();
  expect(late.map(({ state }) => state)).toEqual(Array.from({ length: count }, () => 'outdated'));
}

interface Outage {
  readonly name: string;
  readonly answerOf: (fleet: TdxFleet) => FakeWeb['answer'];
  readonly because: RegExp;
}
const stale = pagesOf(
  (
    await platform.reissue(({ qeIdentity }) => {
      qeIdentity.content.issueDate = '2026-05-13T10:32:27Z';
    })
  ).served,
);
const foreign = pagesOf((await createTdxPlatform({ seed: 'elsewhere' })).served);

/** Of what all platforms share other pages are served. */
function instead(pages: typeof stale) {
  return (fleet: TdxFleet) => (url: string) => {
    const page = pages.get(url);
    return page ? new Response(page.body, { headers: page.headers }) : fleet.honest(url);
  };
}

export const OUTAGES: readonly Outage[] = [
  { name: 'nobody there', answerOf: () => refusing, because: /connection was refused/ },
  { name: 'silence', answerOf: () => silence, because: /no complete answer within 0.05 s/ },
  {
    name: 'too many requests',
    answerOf: () => statusOf(429, { 'Retry-After': '120' }),
    because: /HTTP 429, asks to retry after "120"/,
  },
  { name: 'an inner error', answerOf: () => statusOf(500), because: /HTTP 500/ },
  { name: 'half an answer', answerOf: () => truncated, because: /ended after 11 of 4096 bytes/ },
  {
    name: 'an older document, signed and in date',
    answerOf: instead(stale),
    because: /older collateral than we already hold: QE identity issued 2026-05-13/,
  },
  {
    name: 'another world’s certificates',
    answerOf: instead(foreign),
    because: /tdx\.(qe_identity|root_crl|pck_crl)\./,
  },
];
