import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { MessageWriter } from '../../src/sealed/bhttp/encode.ts';
import { endsWithEmptyLine, paddedSize, padEvents, padMessage } from '../../src/sealed/padding.ts';
import { encodeOhttpProblem, ohttpProblemIn } from '../../src/sealed/problem.ts';

const event = (length: number) => utf8(`data: ${'x'.repeat(length - 8)}\n\n`);

/** What becomes the plaintext of a sealed chunk. */
function chunkSize(events: Uint8Array): number {
  const writer = new MessageWriter();
  writer.responseHead({ status: 200, fields: [] });
  return writer.content(events).length;
}

describe('events', () => {
  it('fill a bucket, whatever they are', () => {
    for (let length = 8; length < 3000; length++) {
      const padded = padEvents(event(length));
      expect([256, 512, 1024, 2048, 3072]).toContain(chunkSize(padded));
      expect(paddedSize(length)).toBe(chunkSize(padded));
      expect(padded.subarray(0, length)).toEqual(event(length));
      expect(fromUtf8(padded.subarray(length), 'padding')).toMatch(/^(?:: *\n\n)?$/);
    }
  });

  it('that fill one are left alone, and one byte short of it take the next', () => {
    expect(padEvents(event(254))).toEqual(event(254));
    expect(padEvents(event(253))).toHaveLength(510);
    expect(padEvents(event(251))).toEqual(concatBytes(event(251), utf8(':\n\n')));
    expect(padEvents(new Uint8Array(), [64])).toHaveLength(63);
  });

  it('that do not end have nothing put behind them', () => {
    expect(() => padEvents(utf8('data: half'))).toThrow(RangeError);
    for (const text of ['', 'a\n\n', 'a\r\n\r\n', 'a\r\r', 'a\n\r\n', 'a\r\n\n', 'a\r\n\r']) {
      expect([text, endsWithEmptyLine(utf8(text))]).toEqual([text, true]);
    }
    for (const text of ['a', 'a\n', 'a\r', 'a\r\n', '\n', '\r\n', '\n\na']) {
      expect([text, endsWithEmptyLine(utf8(text))]).toEqual([text, false]);
    }
  });
});

it('a request takes 512 bytes times a power of two', () => {
  const sizes = [0, 1, 512, 513, 1025, 5000].map((size) => padMessage(new Uint8Array(size)).length);
  expect(sizes).toEqual([512, 512, 512, 1024, 2048, 8192]);
  expect(padMessage(utf8('GET')).subarray(0, 4)).toEqual(utf8('GET\0'));
});

describe('a problem', () => {
  it('is told by its type', () => {
    expect(ohttpProblemIn(encodeOhttpProblem('ohttp-key'))).toBe('ohttp-key');
    expect(ohttpProblemIn(encodeOhttpProblem('date'))).toBe('date');
    expect(JSON.parse(fromUtf8(encodeOhttpProblem('ohttp-key'), 'problem'))).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#ohttp-key',
      status: 400,
    });
  });

  it.each([
    { name: 'nothing', body: '' },
    { name: 'no JSON', body: '<html>' },
    { name: 'no object', body: '[]' },
    { name: 'no type', body: '{"title":"a"}' },
    { name: 'another type', body: '{"type":"about:blank"}' },
    { name: 'what every object has', body: '{"type":"toString"}' },
    { name: 'too much', body: `{"type":"about:blank","a":"${'a'.repeat(20_000)}"}` },
  ])('of $name is none', ({ body }) => {
    expect(ohttpProblemIn(utf8(body))).toBeUndefined();
  });
});
