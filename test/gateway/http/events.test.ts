import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it } from 'vitest';
import type { FleetEvent } from '../../../src/gateway/fleet/event.ts';
import { followEvents } from '../../../src/gateway/http/event-stream.ts';
import { LIMITS, type Limits } from '../../../src/gateway/http/limits.ts';
import { EventSchema, GapSchema } from '../../../src/protocol/event.ts';
import { event, fakeFleet, NODE, NOW } from '../../support/fake-fleet.ts';
import { type Bed, type BedOptions, gatewayBed } from '../../support/gateway-bed.ts';
import { listening, statuses, type Wire, wire } from '../../support/raw-http.ts';

const open: Bed[] = [];
afterEach(async () => {
  for (const { app } of open.splice(0)) await app.close();
});

async function started(options: BedOptions = {}) {
  const bed = gatewayBed(options);
  open.push(bed);
  const port = await listening(bed.app);
  return {
    bed,
    follow: async (query = '', more = '', as = 'validator'): Promise<Wire> => {
      const line = await wire(port);
      line.send(
        `GET /v1/events${query} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${as}\r\n${more}\r\n`,
      );
      return line;
    },
  };
}

const stream = (limits: Partial<Limits['stream']>): BedOptions => ({
  limits: { stream: { ...LIMITS.stream, ...limits } },
});

interface Told {
  readonly id?: string;
  readonly event?: string;
  readonly data?: unknown;
}

/** As a browser reads them (WHATWG HTML, 9.2.6), of a stream in chunks. */
function told(came: string): Told[] {
  const body = came.slice(came.indexOf('\r\n\r\n') + 4);
  const text = body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, '');
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((block) => {
      const fields = new Map(
        block
          .split('\n')
          .filter((line) => !line.startsWith(':'))
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const [id, type, data] = ['id', 'event', 'data'].map((name) => fields.get(name));
      return {
        ...(id !== undefined && { id }),
        ...(type !== undefined && { event: type }),
        ...(data !== undefined && { data: JSON.parse(data) }),
      };
    })
    .filter((block) => Object.keys(block).length > 0);
}

/** How the block of an event ends. */
function whole(seq: number): string {
  const at = new Date(NOW + seq).toISOString();
  return `${JSON.stringify({ seq, at, type: 'node.admitted', node: NODE, data: { pool: 'h100' } })}\n\n`;
}

const ids = (came: string) => told(came).flatMap(({ id, data }) => (data ? [Number(id)] : []));

describe('events', () => {
  it('are told as they happen, from where the reader comes in', async () => {
    const { bed, follow } = await started();
    bed.fleet.add(event(1));
    const line = await follow();
    await line.until('id: 1\n\n');
    bed.fleet.add(event(2));
    const came = await line.until('"seq":2');
    expect(came).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(came).toMatch(/\r\ncontent-type: text\/event-stream\r\n/);
    expect(came).toMatch(/\r\ncache-control: no-store\r\n/);
    expect(came).toMatch(/\r\nx-accel-buffering: no\r\n/);
    expect(told(await line.until(whole(2)))).toEqual([
      { id: '1' },
      {
        id: '2',
        event: 'node.admitted',
        data: {
          seq: 2,
          at: '2026-03-01T12:00:00.002Z',
          type: 'node.admitted',
          node: NODE,
          data: { pool: 'h100' },
        },
      },
    ]);
    expect(new Ajv2020().validate(EventSchema, told(await line.until(whole(2)))[1]?.data)).toBe(
      true,
    );
  });

  it.each([
    ['by the header that browsers send', '', 'Last-Event-ID: 2\r\n'],
    ['by the query', '?after=2', ''],
    ['by the header before the query', '?after=0', 'Last-Event-ID: 2\r\n'],
  ])('go on where a reader left off: %s', async (_how, query, header) => {
    const { bed, follow } = await started();
    for (const seq of [1, 2, 3, 4]) bed.fleet.add(event(seq));
    const line = await follow(query, header);
    expect(ids(await line.until(whole(4)))).toEqual([3, 4]);
    bed.fleet.add(event(5));
    expect(ids(await line.until(whole(5)))).toEqual([3, 4, 5]);
  });

  it('none is lost and none told twice, however often a reader comes back', async () => {
    const { bed, follow } = await started(stream({ batch: 3 }));
    const seen: number[] = [];
    let next = 1;
    for (let round = 0; round < 5; round++) {
      const line = await follow(`?after=${seen.at(-1) ?? 0}`);
      for (let i = 0; i < 7; i++) bed.fleet.add(event(next++));
      const came = await line.until(whole(next - 3));
      seen.push(...ids(came));
      line.socket.destroy();
    }
    expect(seen.length).toBeGreaterThan(20);
    expect(seen).toEqual(seen.map((_, i) => i + 1));
  });

  it('that are too old to be had leave a gap that is seen', async () => {
    const { bed, follow } = await started();
    for (const seq of [7, 8]) bed.fleet.add(event(seq));
    const came = await (await follow('?after=2')).until(whole(8));
    const [, first] = told(came);
    expect(first).toEqual({ id: '6', event: 'gap', data: { from: 3, to: 6 } });
    expect(new Ajv2020().validate(GapSchema, first?.data)).toBe(true);
    expect(ids(came)).toEqual([6, 7, 8]);
  });

  it('are not to be had from the future', async () => {
    const { bed, follow } = await started();
    bed.fleet.add(event(1));
    const line = await follow('?after=2', 'Connection: close\r\n');
    const came = await line.end();
    expect(statuses(came)).toEqual([409]);
    expect(came).toContain('"at":"after"');
  });

  it('come with signs of life when nothing happens', async () => {
    const { follow } = await started(stream({ heartbeat: 30 }));
    const line = await follow();
    await line.until(':\n\n');
  });

  it('may say nothing that breaks out of its line', async () => {
    const { bed, follow } = await started();
    const evil = 'x\n\nid: 99\nevent: node.admitted\ndata: {}\n\n';
    const odd: FleetEvent = { ...event(1), data: { reason: evil } };
    const line = await follow();
    await line.until('id: 0\n\n');
    bed.fleet.add(odd);
    const [, first, ...more] = told(await line.until('}}\n\n'));
    expect([first?.id, (first?.data as FleetEvent | undefined)?.data, more]).toEqual([
      '1',
      { reason: evil },
      [],
    ]);
  });
});

it('nobody is asked for events while none are said to be there', async () => {
  const { bed, follow } = await started();
  const line = await follow();
  await line.until('id: 0');
  bed.fleet.add(event(1));
  await line.until(whole(1));
  const asked = () => bed.fleet.calls.filter(({ method }) => method === 'events').length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(asked()).toBeLessThan(6);
});

it('a reader that has gone before anything was sent is not followed', async () => {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.destroy();
  await once(response, 'close');
  const fleet = fakeFleet();
  const options = { after: 0, limits: LIMITS.stream, closing: new AbortController().signal };
  expect(await followEvents(fleet, response, options)).toEqual({ end: 'reader-gone' });
  expect(fleet.followers.size).toBe(0);
});

describe('streams', () => {
  it('are no more than there may be, in all and of each', async () => {
    const { bed, follow } = await started(stream({ count: 3, each: 2 }));
    const lines = [await follow(), await follow(), await follow('', '', `node:${NODE}`)];
    for (const line of lines.slice(0, 2)) await line.until('id: 0');
    expect(statuses((await lines[2]?.until('HTTP')) ?? '')).toEqual([403]);
    const third = await follow('', 'Connection: close\r\n');
    expect(statuses(await third.end())).toEqual([503]);
    lines[0]?.socket.destroy();
    await expect.poll(() => bed.metrics.text()).toContain('postern_event_streams 1');
    await (await follow()).until('id: 0');
    expect(await bed.metrics.text()).toContain('postern_http_shed_total{because="streams"} 1');
  });

  it('that begin after it was answered that this takes too long take no place', async () => {
    const { bed, follow } = await started({
      limits: { stream: { ...LIMITS.stream, count: 1 }, answerWithin: 50 },
    });
    const { lastEvent } = bed.fleet;
    const asked = Promise.withResolvers<number>();
    bed.fleet.lastEvent = () => asked.promise;
    const line = await follow('', 'Connection: close\r\n');
    expect(statuses(await line.end())).toEqual([503]);
    bed.fleet.lastEvent = lastEvent;
    asked.resolve(0);
    await (await follow()).until('id: 0\n\n');
    expect(await bed.metrics.text()).toContain('postern_event_streams 1');
  });

  it('end after a while, so that who follows is shown anew', async () => {
    const { bed, follow } = await started(stream({ lifetime: 100 }));
    const came = await (await follow()).end();
    expect(came.endsWith('0\r\n\r\n')).toBe(true);
    expect(bed.fleet.followers.size).toBe(0);
    expect(bed.lines.some((line) => line.includes('"at":"lifetime"'))).toBe(true);
  });

  it('end at once when the gateway closes', async () => {
    const { bed, follow } = await started();
    const line = await follow();
    await line.until('id: 0');
    await bed.app.close();
    expect((await line.end()).endsWith('0\r\n\r\n')).toBe(true);
    expect(bed.fleet.followers.size).toBe(0);
    expect(bed.lines.some((text) => text.includes('"at":"closing"'))).toBe(true);
  });

  it('break off when events can not be had, and do not end as if they were whole', async () => {
    let looks = 0;
    const { bed, follow } = await started({
      fleet: {
        events: async () => {
          if (looks++ > 0) throw new Error('secret');
          return [event(1)];
        },
        lastEvent: async () => 1,
      },
    });
    const line = await follow('?after=0');
    await line.until('"seq":1');
    for (const follower of bed.fleet.followers) follower();
    const came = await line.end();
    expect(came.endsWith('0\r\n\r\n')).toBe(false);
    expect(came).not.toContain('secret');
    expect(bed.lines.filter((text) => text.includes('"at":"failed"'))).toHaveLength(1);
    expect(bed.lines.join('')).not.toContain('secret');
  });

  it('do not wait for a reader that does not read, and ask for no more meanwhile', async () => {
    const data = { words: 'x'.repeat(100_000) };
    const { bed, follow } = await started({
      ...stream({ drainWithin: 300, batch: 4 }),
      fleet: {
        events: async (after) => [1, 2, 3, 4].map((i) => ({ ...event(after + i), data })),
        lastEvent: async () => 0,
      },
    });
    const line = await follow('?after=0');
    line.socket.pause();
    await expect
      .poll(() => bed.lines.some((text) => text.includes('"at":"too-slow"')), { timeout: 30_000 })
      .toBe(true);
    const asked = bed.fleet.calls.filter(({ method }) => method === 'events').length;
    // What the kernel takes for both sides, and no more.
    expect(asked).toBeLessThan(200);
    expect(bed.fleet.followers.size).toBe(0);
  });
});

it('a browser’s reader and a plain server would agree on it', async () => {
  // The oracle of the reader above: what it makes of a stream that is written by hand.
  const server = createServer((_request, response) => {
    response.write('retry: 2000\nid: 5\n\n:\n\n');
    response.end('id: 6\nevent: a\ndata: {"b":1}\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const line = await wire((server.address() as AddressInfo).port);
  line.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(told(await line.end())).toEqual([{ id: '5' }, { id: '6', event: 'a', data: { b: 1 } }]);
  server.close();
});
