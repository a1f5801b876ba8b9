import { expect, it } from 'vitest';
import { gathered } from '../../../src/agent/session/gathered.ts';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { CHUNK_SIZE } from '../../../src/sealed/chunk-reader.ts';
import { sizeOfVarint } from '../../../src/sealed/varint.ts';

/** An event of so many bytes. */
const event = (length: number) => ({
  bytes: utf8(`data: ${'x'.repeat(length - 8)}\n\n`),
  ends: true,
});
const part = (length: number) => ({ bytes: utf8('y'.repeat(length)), ends: false });
const text = (bytes: Uint8Array) => fromUtf8(bytes, 'content');

/** What becomes the plaintext of sealed chunks. */
const sizes = (contents: Iterable<Uint8Array>) =>
  Array.from(contents, ({ length }) => sizeOfVarint(length) + length);

it('events that came together share a chunk, as large as one for each would be', () => {
  const contents = [...gathered([event(10), event(300), event(600)], 512)];
  expect(sizes(contents)).toEqual([512 + 512 + 1024]);
  const [all] = contents.map(text);
  const said = [event(10), event(300), event(600)].map(({ bytes }) => text(bytes)).join('');
  expect(all?.slice(0, said.length)).toBe(said);
  expect(all?.slice(said.length)).toMatch(/^: *\n\n$/);
});

it('how long each of them is does not show', () => {
  for (let length = 8; length <= 507; length++) {
    const [size] = sizes(gathered([event(length), event(515 - length), event(100)], 512));
    expect(size).toBe(3 * 512);
  }
});

it('two that are full to the last byte take one bucket more', () => {
  expect(sizes(gathered([event(510), event(510)], 512))).toEqual([3 * 512]);
});

it('a chunk takes what it holds, and the next one the rest, in order', () => {
  const events = Array.from({ length: 100 }, (_, i) => event(100 + i));
  const contents = [...gathered(events, 512)];
  expect(sizes(contents)).toEqual([30, 30, 30, 10].map((count) => count * 512));
  expect(Math.max(...sizes(contents))).toBeLessThanOrEqual(CHUNK_SIZE);
  const said = contents
    .map(text)
    .join('')
    .replaceAll(/^: *\n\n/gm, '');
  expect(said).toBe(events.map(({ bytes }) => text(bytes)).join(''));
});

it('parts of a long event stay by themselves, where they were', () => {
  const contents = [...gathered([event(10), part(2000), event(20), event(30)], 256)];
  expect(contents.map(({ length }) => length)).toEqual([254, 2000, 510]);
  expect(text(contents[1] ?? new Uint8Array())).toBe('y'.repeat(2000));
});

it('nothing is put behind them where nothing is padded, and none come of none', () => {
  expect([...gathered([event(10), event(20)], 0)].map(({ length }) => length)).toEqual([30]);
  expect([...gathered([], 512)]).toEqual([]);
});
