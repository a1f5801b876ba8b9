import { describe, expect, it } from 'vitest';
import { statusOf } from './fake-web.ts';
import { TdxFleet } from './fleet.ts';
import { expectNoStampede, expectOutage, OUTAGES, prefetcherOf } from './stampede-cases.ts';
import { DAY, now } from './world.ts';

it('one request a document, a few at a time, though all are wanted at once and end at once', () =>
  expectNoStampede(60));

describe('a source that is no good, at the end of all that is held', () => {
  it.each(OUTAGES)('$name', (outage) => expectOutage(24, outage));

  it('that is well again is asked when its time has come, and not before', async () => {
    const fleet = await TdxFleet.of(24);
    const { web, clock } = fleet;
    await fleet.findAll();
    clock.ms = now + 8 * DAY;
    web.answer = statusOf(429, { 'Retry-After': '240' });
    const prefetcher = prefetcherOf(fleet);
    await prefetcher.run();
    const since = clock.ms;
    web.requests.length = 0;
    web.answer = (url) => fleet.honest(url);
    let firstAsked = 0;
    let refreshed = 0;
    for (let minute = 1; minute <= 30; minute++) {
      clock.ms = since + minute * 60_000;
      refreshed += (await prefetcher.run()).refreshed;
      if (firstAsked === 0 && web.requests.length > 0) firstAsked = minute;
    }
    expect(firstAsked).toBeGreaterThanOrEqual(4);
    expect(refreshed).toBe(24);
    expect(web.busiestUrl).toBe(1);
  });
});
