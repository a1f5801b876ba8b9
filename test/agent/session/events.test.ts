import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventSplitter } from '../../../src/agent/session/events.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { fuzz } from '../../support/fuzz.ts';

function split(pieces: readonly string[], largest = 1000) {
  const splitter = new EventSplitter(largest);
  const found = pieces.flatMap((text) => splitter.push(utf8(text)));
  return [
    ...found.map(({ bytes, ends }) => [Buffer.from(bytes).toString(), ends]),
    ...(splitter.rest().length > 0 ? ['rest'] : []),
  ];
}

it.each([
  [
    ['data: a\n\ndata: b\n\n'],
    [
      ['data: a\n\n', true],
      ['data: b\n\n', true],
    ],
  ],
  [['data: a\r\n\r\ndata: b'], [['data: a\r\n\r\n', true], 'rest']],
  [
    ['data: a\r\n\r', '\nx'],
    [['data: a\r\n\r\n', true], 'rest'],
  ],
  [['data: a\n', '\n'], [['data: a\n\n', true]]],
  [['a\r\rb\n'], [['a\r\r', true], 'rest']],
  [
    ['\nb\n\n'],
    [
      ['\n', true],
      ['b\n\n', true],
    ],
  ],
])('%j', (pieces, events) => {
  expect(split(pieces)).toEqual(events);
});

it('a long event goes in parts, and ends where it ends', () => {
  expect(split(['aaaaaa', 'bbbb\n\nc\n\n'], 4)).toEqual([
    ['aaaa', false],
    ['aabbbb\n\n', true],
    ['c\n\n', true],
  ]);
  // A line's end at the very border is no empty line.
  expect(split(['aaaa', 'a', '\nb\n\n'], 4)).toEqual(
    [
      ['aaaa', false],
      ['a\nb\n\n', true],
    ].map(([text, ends]) => [text, ends]),
  );
});

const bytes = fc.array(fc.constantFrom('\r', '\n', 'a', ':'), { maxLength: 40 });
fuzz(
  'nothing is lost or changed, however it is cut',
  fc.array(bytes, { maxLength: 8 }),
  (parts) => {
    const texts = parts.map((part) => part.join(''));
    const splitter = new EventSplitter(7);
    const pieces = texts.flatMap((text) => splitter.push(utf8(text)));
    const all = concatBytes(...pieces.map((piece) => piece.bytes), splitter.rest());
    expect(Buffer.from(all).toString()).toBe(texts.join(''));
  },
);
