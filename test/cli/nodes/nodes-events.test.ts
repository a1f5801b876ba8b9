import { describe, expect, it } from 'vitest';
import { GatewayClient } from '../../../src/agent/gateway/gateway-client.ts';
import type { Io } from '../../../src/cli/io.ts';
import { followEvents, type Told } from '../../../src/cli/nodes/follow-events.ts';
import {
  type Answerer,
  type Asked,
  answering,
  GATE,
  ID,
  nodes,
  problem,
  stream,
} from './fake-gateway.ts';

const event = (seq: number, type = 'node.admitted') =>
  `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({
    seq,
    at: '2026-06-01T00:00:00Z',
    type,
    node: ID,
    data: { until: Date.UTC(2026, 5, 1, 0, 15), codes: ['a', 'b'] },
  })}\n\n`;

const hello = (seq: number) => `retry: 5\nid: ${seq}\n\n`;
const PATH = 'GET /v1/events';

describe('nodes events', () => {
  const answers = {
    [PATH]: ({ headers }: Asked) => {
      const after = headers.get('last-event-id');
      return stream(after === null ? hello(3) : hello(Number(after)) + event(2) + event(3));
    },
  };

  it('tells the last ones, a line each', async () => {
    const asked: Asked[] = [];
    const { exit, out, err } = await nodes(['events', '--count', '2'], answers, { asked });
    expect([exit, err]).toEqual([0, '']);
    expect(out).toBe(
      [2, 3]
        .map(
          (seq) =>
            `     ${seq}  2026-06-01T00:00:00Z  node.admitted       ${ID}  until=2026-06-01T00:15:00Z  codes="a b"\n`,
        )
        .join(''),
    );
    expect(asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '1']);
  });

  it('prints one object a line for programs', async () => {
    const { out } = await nodes(['events', '--json', '--after', '1'], answers);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).seq),
    ).toEqual([2, 3]);
  });

  it('says nothing where there is nothing', async () => {
    expect(await nodes(['events', '--after', '3'], answers)).toEqual({ exit: 0, out: '', err: '' });
  });

  it('is an error where the stream breaks off before its end', async () => {
    const broken = {
      [PATH]: ({ headers }: Asked) => stream(headers.has('last-event-id') ? hello(0) : hello(3)),
    };
    const { exit, err } = await nodes(['events', '--after', '0'], broken);
    expect([exit, err]).toEqual([69, `postern: ${GATE}: broke off: it ended\n`]);
  });

  it('is an error where who asks may not', async () => {
    const { exit } = await nodes(['events'], { [PATH]: () => problem('forbidden') });
    expect(exit).toBe(64);
  });
});

/** What a follower is told until a number of things was told, and what was asked meanwhile. */
async function followed(after: number | undefined, most: number, answers: readonly Answerer[]) {
  const asked: Asked[] = [];
  const left = [...answers];
  const next: Answerer = (one) => (left.shift() ?? (() => problem('closing')))(one);
  const io = { fetch: answering({ [PATH]: next }, asked) } as unknown as Io;
  const gateway = new GatewayClient(io, { base: GATE, origin: GATE, proof: undefined });
  const told: Told[] = [];
  const pauses: number[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  const stop = new AbortController();
  for await (const one of followEvents(gateway, { after, signal: stop.signal, pause })) {
    told.push(one);
    if (told.length >= most) break;
  }
  const shown = told.map((one) =>
    one.kind === 'event'
      ? one.event.seq
      : one.kind === 'gap'
        ? `gap ${one.from}–${one.to}`
        : one.because,
  );
  return { shown, pauses, from: asked.map(({ headers }) => headers.get('last-event-id')) };
}

describe('a follower', () => {
  it('comes again behind the last it was told, and is told nothing twice', async () => {
    const { shown, from, pauses } = await followed(4, 6, [
      () => stream(hello(4) + event(5) + event(6)),
      () => problem('closing'),
      () => stream(hello(6) + event(6) + event(7)),
      () => stream(hello(7) + event(8)),
    ]);
    expect(shown).toEqual([
      5,
      6,
      'it ended',
      expect.stringContaining('The gateway is closing'),
      7,
      'it ended',
    ]);
    expect(from).toEqual(['4', '6', '6']);
    expect(pauses).toEqual([5, 10]);
  });

  it('that knows nothing begins with what comes next, and keeps the place', async () => {
    const { shown, from } = await followed(undefined, 3, [
      () => stream(hello(9)),
      () => stream(hello(9) + event(10)),
    ]);
    expect(shown).toEqual(['it ended', 10, 'it ended']);
    expect(from).toEqual([null, '9']);
  });

  it('is told of a gap', async () => {
    const gap = 'id: 8\nevent: gap\ndata: {"from":2,"to":8}\n\n';
    const { shown, from } = await followed(1, 3, [
      () => stream(hello(1) + gap + event(9)),
      () => stream(''),
    ]);
    expect(shown).toEqual(['gap 2–8', 9, 'it ended']);
    expect(from).toEqual(['1']);
  });

  it.each([
    ['what is no JSON', 'id: 5\ndata: x\n\n'],
    ['what is no event', 'id: 5\ndata: {}\n\n'],
    ['an event without an end', `data: ${'x'.repeat(1_100_000)}`],
  ])('comes again after %s', async (_what, text) => {
    const { shown, from } = await followed(4, 2, [() => stream(text), () => stream(event(5))]);
    expect(shown).toEqual([expect.stringMatching(/protocol|no JSON|characters/), 5]);
    expect(from).toEqual(['4', '4']);
  });

  it('ends where coming again does not help', async () => {
    await expect(followed(4, 2, [() => problem('conflict', { at: 'after' })])).rejects.toThrow(
      expect.objectContaining({ code: 'conflict', at: 'after' }),
    );
  });
});
