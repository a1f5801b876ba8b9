import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsIn, type StreamEvent } from '../../../src/cli/nodes/event-lines.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';

async function* each(chunks: readonly Uint8Array[]) {
  yield* chunks;
}

async function read(chunks: readonly Uint8Array[]): Promise<StreamEvent[]> {
  const found: StreamEvent[] = [];
  for await (const one of eventsIn(each(chunks))) found.push(one);
  return found;
}

const STREAM = [
  'retry: 2000\nid: 4\n\n',
  ': heartbeat\n\n',
  'id: 5\nevent: node.admitted\ndata: {"a":"é😀"}\n\n',
  'id:6\r\ndata: one\r\ndata:  two\r\n\r\n',
  'event: lone\rdata\r\r',
  'data: behind which there is no end',
].join('');

const EVENTS = [
  { id: '4', type: 'message', data: undefined, retry: 2000 },
  { id: '5', type: 'node.admitted', data: '{"a":"é😀"}', retry: 2000 },
  { id: '6', type: 'message', data: 'one\n two', retry: 2000 },
  { id: '6', type: 'lone', data: '', retry: 2000 },
];

it('reads ids, types, data of several lines, and passes comments over', async () => {
  expect(await read([utf8(STREAM)])).toEqual(EVENTS);
});

it('reads the same however it is cut', async () => {
  const bytes = utf8(STREAM);
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const ends = [...at.toSorted((a, b) => a - b), bytes.length];
      const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
      expect(await read(chunks)).toEqual(EVENTS);
    }),
  );
});

describe('what has no end', () => {
  it.each([
    ['a line', 'x'.repeat(1_100_000)],
    ['an event', `data: ${'x'.repeat(600_000)}\n`.repeat(2)],
  ])('%s', async (_what, text) => {
    await expect(read([utf8(text)])).rejects.toThrow(RangeError);
  });
});
