import { describe, expect, it } from 'vitest';
import {
  fetchFromKds,
  KDS_PACE,
  type KdsClientOptions,
  ONE_TRY,
  PERSISTENT,
} from '../../../src/endorsements/amd/kds.ts';
import { vcekKey } from '../../../src/endorsements/amd/key.ts';
import { endless, html, redirect, stall, status, times, truncate } from './fake-kds.ts';
import { CHAIN, Clock, CRL, clientOf, key, startKds, world } from './world.ts';

async function paced(options: KdsClientOptions = {}) {
  const kds = await startKds();
  const clock = new Clock();
  return { kds, clock, client: clientOf(kds, { clock, pace: KDS_PACE, ...options }) };
}

it('asks for what is named, once', async () => {
  const { kds, clock, client } = await paced();
  expect(await fetchFromKds(client, key, PERSISTENT)).toMatchObject({ outcome: 'answered' });
  expect(kds.requests).toEqual([
    `/vcek/v1/Genoa/${key.hwid}?blSPL=10&teeSPL=0&snpSPL=27&ucodeSPL=86`,
  ]);
  expect(clock.waits).toEqual([]);
});

it('what one report needs goes at once, what follows one every ten seconds', async () => {
  const { kds, clock, client } = await paced();
  const keys = [key, CRL, CHAIN, { ...CRL, signs: 'vlek' as const }];
  await Promise.all(keys.map((one) => fetchFromKds(client, one, PERSISTENT)));
  expect(kds.requests).toHaveLength(4);
  expect(kds.busiest).toBe(1);
  expect(clock.waits).toEqual([10_000, 10_000]);
});

describe('too many requests', () => {
  it('backs off, longer each time, and comes through', async () => {
    const { kds, clock, client } = await paced();
    kds.behave(/vcek/, times(3, status(429)));
    const answer = await fetchFromKds(client, key, PERSISTENT);
    expect(answer).toMatchObject({
      outcome: 'answered',
      body: world.vcek.length && expect.anything(),
    });
    expect(kds.requests).toHaveLength(4);
    expect(clock.waits).toEqual([10_000, 20_000, 40_000]);
  });

  it('waits as long as it is told, in seconds or until a date', async () => {
    const { kds, clock, client } = await paced();
    const date = new Date(clock.ms + 25_000).toUTCString();
    kds.behave(/vcek/, times(1, status(429, { 'Retry-After': date })));
    expect(await fetchFromKds(client, key, PERSISTENT)).toMatchObject({ outcome: 'answered' });
    expect(clock.waits).toEqual([25_000]);
    kds.behave(/crl/, times(1, status(429, { 'Retry-After': '33' })));
    expect(await fetchFromKds(client, CRL, PERSISTENT)).toMatchObject({ outcome: 'answered' });
    expect(clock.waits).toEqual([25_000, 33_000]);
  });

  it('never sooner than after ten seconds, whatever it says', async () => {
    const { kds, clock, client } = await paced();
    kds.behave(/vcek/, times(1, status(429, { 'Retry-After': '0' })));
    await fetchFromKds(client, key, PERSISTENT);
    expect(clock.waits).toEqual([10_000]);
  });

  it('gives up in the end, and says for how long to leave it alone', async () => {
    const { kds, clock, client } = await paced();
    kds.behave(/vcek/, status(429));
    const answer = await fetchFromKds(client, key, PERSISTENT);
    expect(answer).toMatchObject({
      outcome: 'unreachable',
      because: 'HTTP 429',
      leaveAloneMs: 80_000,
    });
    expect(kds.requests).toHaveLength(4);
    expect(clock.waits).toEqual([10_000, 20_000, 40_000]);
  });

  it('who is told to come back in an hour does not wait, nor ask for anything else', async () => {
    const { kds, clock, client } = await paced();
    kds.behave(/vcek/, status(429, { 'Retry-After': '3600' }));
    const answer = await fetchFromKds(client, key, PERSISTENT);
    expect(answer).toMatchObject({
      outcome: 'unreachable',
      because: 'HTTP 429, asks to retry after "3600"',
      leaveAloneMs: 600_000,
    });
    expect(await fetchFromKds(client, CRL, PERSISTENT)).toMatchObject({
      outcome: 'unreachable',
      because: 'not asked: the service asked to be left alone, for another 600 s',
    });
    expect([kds.requests.length, clock.waits]).toEqual([1, []]);
    clock.ms += 600_000;
    kds.behaviours = [];
    expect(await fetchFromKds(client, CRL, PERSISTENT)).toMatchObject({ outcome: 'answered' });
  });

  it('for what is only welcome there is one try', async () => {
    const { kds, clock, client } = await paced();
    kds.behave(/crl/, status(429));
    expect(await fetchFromKds(client, CRL, ONE_TRY)).toMatchObject({ outcome: 'unreachable' });
    expect([kds.requests.length, clock.waits]).toEqual([1, []]);
  });

  it('a hundred callers for different chips do not stampede', async () => {
    const { kds, clock, client } = await paced();
    kds.behave(/vcek/, status(429));
    const keys = Array.from({ length: 100 }, (_, i) =>
      vcekKey('genoa', i.toString(16).padStart(128, '0'), key.tcb),
    );
    const answers = await Promise.all(keys.map((one) => fetchFromKds(client, one, PERSISTENT)));
    expect(answers.every(({ outcome }) => outcome === 'unreachable')).toBe(true);
    expect(kds.busiest).toBe(1);
    // Four tries of the first; the others would only be told the same.
    expect(kds.requests.length).toBeLessThanOrEqual(4);
    expect(clock.waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(90_000);
    const sentAway = answers.filter(
      (answer) => 'because' in answer && answer.because.includes('requests wait already'),
    );
    expect(sentAway).toHaveLength(100 - KDS_PACE.mostWaiting);
  });
});

describe('trouble that may pass', () => {
  it.each([500, 502, 503, 504])('HTTP %s: one more try, after ten seconds', async (code) => {
    const { kds, clock, client } = await paced();
    kds.behave(/vcek/, times(1, status(code)));
    expect(await fetchFromKds(client, key, PERSISTENT)).toMatchObject({ outcome: 'answered' });
    expect([kds.requests.length, clock.waits]).toEqual([2, [10_000]]);
  });

  it('a service that stays down', async () => {
    const { kds, client } = await paced();
    kds.behave(/vcek/, status(503));
    const answer = await fetchFromKds(client, key, PERSISTENT);
    expect(answer).toEqual({
      outcome: 'unreachable',
      at: `${kds.url}${kds.requests[0]}`,
      because: 'HTTP 503',
    });
    expect(kds.requests).toHaveLength(2);
  });
});

describe('no second try', () => {
  it('404: it knows no such thing, and won’t in the next hour', async () => {
    const { kds, client } = await paced();
    const other = vcekKey('milan', key.hwid, key.tcb);
    const answer = await fetchFromKds(client, other, PERSISTENT);
    expect(answer).toMatchObject({ outcome: 'unreachable', leaveAloneMs: 3_600_000 });
    expect(answer).toHaveProperty(
      'because',
      expect.stringMatching(/^HTTP 404: .*no Milan chip has this hardware id of 64 bytes, or/),
    );
    expect(kds.requests).toHaveLength(1);
  });

  it.each([
    ['an answer that never comes', stall, 'no complete answer within 0.4 s'],
    ['half of one', truncate, 'the connection broke'],
    ['an endless one', endless, 'longer than 65536 bytes'],
    ['a redirect', redirect, 'answered with a redirect'],
    ['401', status(401), 'HTTP 401'],
  ])('%s', async (_, behaviour, because) => {
    const { kds, client } = await paced();
    kds.behave(/vcek/, behaviour);
    const answer = await fetchFromKds(client, key, ONE_TRY);
    expect(answer).toMatchObject({ outcome: 'unreachable' });
    expect(answer).toHaveProperty('because', expect.stringContaining(because));
    expect(kds.requests).toHaveLength(1);
  });

  it('nobody there at all', async () => {
    const { kds, client } = await paced();
    await kds.stop();
    expect(await fetchFromKds(client, key, PERSISTENT)).toMatchObject({
      outcome: 'unreachable',
      because: expect.stringContaining('nothing listens there'),
    });
  });
});

it('a page of somebody else’s is an answer as far as this goes', async () => {
  const { kds, client } = await paced();
  kds.behave(/vcek/, html);
  expect(await fetchFromKds(client, key, PERSISTENT)).toMatchObject({ outcome: 'answered' });
});
