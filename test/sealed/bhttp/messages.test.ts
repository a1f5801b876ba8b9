import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { decodeRequest, decodeResponse } from '../../../src/sealed/bhttp/decode.ts';
import { encodeRequest, encodeResponse, MessageWriter } from '../../../src/sealed/bhttp/encode.ts';
import type { Field, RequestMessage, ResponseMessage } from '../../../src/sealed/bhttp/message.ts';
import { MessageParser } from '../../../src/sealed/bhttp/parser.ts';
import { SealedFault } from '../../../src/sealed/fault.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

const REQUEST: RequestMessage = {
  method: 'POST',
  scheme: 'https',
  authority: 'pool.example',
  path: '/v1/chat/completions?a=b',
  fields: [
    ['content-type', 'application/json'],
    ['accept', 'text/event-stream'],
    ['accept', 'caf\u00e9 \u0085'],
    ['content-length', '2'],
  ],
  content: utf8('{}'),
  trailers: [['x-end', '']],
};

const RESPONSE: ResponseMessage = {
  informational: [
    { status: 102, fields: [['running', '"sleep 15"']] },
    { status: 103, fields: [['link', '</style.css>; rel=preload']] },
  ],
  status: 200,
  fields: [
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ],
  content: utf8('data: {}\n\n'),
  trailers: [['postern-usage', 'e30']],
};

/** GET https://example.com/ and 200, as appendix A of RFC 9458 has them. */
const SHORT_REQUEST = hex('00 03474554 056874747073 0b6578616d706c652e636f6d 012f');
const SHORT_RESPONSE = hex('01 40c8');

function kindOf(act: () => unknown): string {
  const fault = faultOf(act);
  if (!(fault instanceof SealedFault)) throw fault;
  return fault.kind;
}

/** By the part, of indeterminate length. */
function writtenRequest({ content, trailers, ...head }: RequestMessage): Uint8Array {
  const writer = new MessageWriter();
  const halves = [content.subarray(0, 1), content.subarray(1)];
  return concatBytes(
    writer.requestHead(head),
    ...halves.filter(({ length }) => length > 0).map((half) => writer.content(half)),
    writer.end(trailers),
  );
}

function writtenResponse(response: ResponseMessage): Uint8Array {
  const { informational, content, trailers, ...head } = response;
  const writer = new MessageWriter();
  return concatBytes(
    ...informational.map((before) => writer.informational(before)),
    writer.responseHead(head),
    writer.content(content),
    writer.end(trailers),
  );
}

describe('a message', () => {
  it.each([
    { name: 'a request', bytes: encodeRequest(REQUEST), decode: decodeRequest, want: REQUEST },
    {
      name: 'a request in parts',
      bytes: writtenRequest(REQUEST),
      decode: decodeRequest,
      want: REQUEST,
    },
    { name: 'a response', bytes: encodeResponse(RESPONSE), decode: decodeResponse, want: RESPONSE },
    {
      name: 'a response in parts',
      bytes: writtenResponse(RESPONSE),
      decode: decodeResponse,
      want: RESPONSE,
    },
  ])('$name comes out as it went in, with zeros behind it too', ({ bytes, decode, want }) => {
    expect(decode(bytes)).toEqual(want);
    expect(decode(asView(bytes))).toEqual(want);
    expect(decode(concatBytes(bytes, new Uint8Array(300)))).toEqual(want);
    expect(kindOf(() => decode(concatBytes(bytes, new Uint8Array(9), hex('01'))))).toBe(
      'malformed',
    );
  });

  it('is read as the examples of RFC 9458 leave out what is empty', () => {
    const request = { ...REQUEST, method: 'GET', authority: 'example.com', path: '/' };
    const empty = { fields: [], content: new Uint8Array(), trailers: [] };
    expect(decodeRequest(SHORT_REQUEST)).toEqual({ ...request, ...empty });
    expect(decodeResponse(SHORT_RESPONSE)).toEqual({ informational: [], status: 200, ...empty });
    expect(toHex(encodeResponse({ informational: [], status: 200, ...empty }))).toBe(
      '0140c8000000',
    );
  });

  it('has the bytes of the format', () => {
    const writer = new MessageWriter();
    const bytes = concatBytes(
      writer.requestHead({
        ...{ method: 'GET', scheme: 'https', authority: '', path: '/' },
        fields: [['host', 'a']],
      }),
      writer.content(utf8('hi')),
      writer.end(),
    );
    expect(toHex(bytes)).toBe('020347455405687474707300012f04686f73740161000268690000');
  });

  it.each([
    { name: 'a request', bytes: encodeRequest(REQUEST), kind: 'request', ends: 2 },
    { name: 'a request in parts', bytes: writtenRequest(REQUEST), kind: 'request', ends: 2 },
    { name: 'a response', bytes: encodeResponse(RESPONSE), kind: 'response', ends: 3 },
    { name: 'a response in parts', bytes: writtenResponse(RESPONSE), kind: 'response', ends: 3 },
  ] as const)(
    '$name is the same however it arrives, and incomplete until it is whole',
    ({ bytes, kind, ends }) => {
      const whole = new MessageParser(kind);
      const want = [...whole.push(bytes), ...whole.end()];
      const slow = new MessageParser(kind);
      const got = Array.from(bytes).flatMap((byte) => slow.push(Uint8Array.of(byte)));
      got.push(...slow.end());
      const contents = (events: typeof got) =>
        concatBytes(...events.flatMap((event) => (event.kind === 'content' ? [event.bytes] : [])));
      const others = (events: typeof got) => events.filter((event) => event.kind !== 'content');
      expect(contents(got)).toEqual(contents(want));
      expect(others(got)).toEqual(others(want));
      // Only where all parts that are missing could be empty ones.
      const readable = Array.from(bytes.keys()).filter((cut) => {
        const parser = new MessageParser(kind);
        try {
          parser.push(bytes.subarray(0, cut));
          parser.end();
          return true;
        } catch (error) {
          expect(error).toBeInstanceOf(SealedFault);
          return false;
        }
      });
      expect(readable).toHaveLength(ends);
    },
  );

  it('stays refused', () => {
    const parser = new MessageParser('request');
    expect(kindOf(() => parser.push(hex('07')))).toBe('malformed');
    expect(kindOf(() => parser.push(SHORT_REQUEST))).toBe('malformed');
    expect(kindOf(() => parser.end())).toBe('malformed');
  });
});

const line = (name: string, value: string): Uint8Array =>
  concatBytes(Uint8Array.of(name.length), utf8(name), Uint8Array.of(value.length), utf8(value));

function requestWith(...fields: readonly Uint8Array[]): Uint8Array {
  return concatBytes(hex('02'), SHORT_REQUEST.subarray(1), ...fields, hex('00'));
}

describe('refuses', () => {
  it.each([
    { name: 'another framing', bytes: SHORT_REQUEST.with(0, 4) },
    { name: 'a response where a request is due', bytes: SHORT_RESPONSE },
    { name: 'a name in capitals', bytes: requestWith(line('Accept', 'a')) },
    { name: 'a pseudo-field', bytes: requestWith(line(':path', '/')) },
    { name: 'a name with a blank', bytes: requestWith(line('a b', 'a')) },
    { name: 'a line feed in a value', bytes: requestWith(line('a', 'b\nc: d')) },
    { name: 'a NUL in a value', bytes: requestWith(line('a', 'b\0')) },
    { name: 'a DEL in a value', bytes: requestWith(line('a', 'b\u007f')) },
    { name: 'a blank before a value', bytes: requestWith(line('a', ' b')) },
    { name: 'a tab behind a value', bytes: requestWith(line('a', 'b\t')) },
    {
      name: 'two lengths',
      bytes: requestWith(line('content-length', '0'), line('content-length', '0')),
    },
    {
      name: 'two credentials',
      bytes: requestWith(line('authorization', 'a'), line('authorization', 'b')),
    },
    {
      name: 'two hosts',
      bytes: requestWith(line('host', 'example.com'), line('host', 'example.com')),
    },
    { name: 'a host that is not the authority', bytes: requestWith(line('host', 'other.example')) },
    { name: 'two of an unknown name', bytes: requestWith(line('x-a', 'a'), line('x-a', 'b')) },
    { name: 'a transfer coding', bytes: requestWith(line('transfer-encoding', 'chunked')) },
    { name: 'a field about connections', bytes: requestWith(line('connection', 'close')) },
    { name: 'a length that is no number', bytes: requestWith(line('content-length', '+1')) },
    { name: 'a length that is not the content’s', bytes: requestWith(line('content-length', '1')) },
    {
      name: 'a length in a trailer',
      bytes: concatBytes(requestWith(), hex('00'), line('content-length', '0'), hex('00')),
    },
    { name: 'a path that is none', bytes: SHORT_REQUEST.with(-1, 0x61) },
    { name: 'a star for GET', bytes: SHORT_REQUEST.with(-1, 0x2a) },
    { name: 'a method that is none', bytes: SHORT_REQUEST.with(2, 0x20) },
    { name: 'a scheme that is none', bytes: SHORT_REQUEST.with(6, 0x48) },
    { name: 'a user in the authority', bytes: SHORT_REQUEST.with(14, 0x40) },
    {
      name: 'a line that is longer than its section',
      bytes: concatBytes(SHORT_REQUEST, hex('03 0161 05')),
    },
  ])('$name', ({ bytes }) => {
    expect(kindOf(() => decodeRequest(bytes))).toBe('malformed');
  });

  it.each([
    { name: 'status 99', bytes: hex('01 4063') },
    { name: 'status 101, which changes a connection', bytes: hex('01 4065 00') },
    { name: 'status 600', bytes: hex('01 4258') },
    { name: 'a status of 2^62', bytes: hex('01 ffffffffffffffff') },
  ])('$name', ({ bytes }) => {
    expect(kindOf(() => decodeResponse(bytes))).toBe('malformed');
  });

  it.each([
    {
      name: 'fields',
      bytes: requestWith(line('accept', 'a'), line('accept', 'b')),
      limits: { fields: 1 },
    },
    {
      name: 'bytes of fields',
      bytes: requestWith(line('a', 'b'.repeat(50))),
      limits: { sectionSize: 50 },
    },
    { name: 'bytes before fields', bytes: SHORT_REQUEST, limits: { sectionSize: 10 } },
    { name: 'a section', bytes: concatBytes(SHORT_REQUEST, hex('8fffffff')), limits: {} },
    {
      name: 'a section of 2^62 bytes',
      bytes: concatBytes(SHORT_REQUEST, hex('ffffffffffffffff')),
      limits: {},
    },
    { name: 'content', bytes: encodeRequest(REQUEST), limits: { content: 1 } },
    { name: 'content in parts', bytes: writtenRequest(REQUEST), limits: { content: 1 } },
  ])('too much: $name', ({ bytes, limits }) => {
    expect(kindOf(() => decodeRequest(bytes, limits))).toBe('oversized');
  });

  it('too many responses before the last', () => {
    const bytes = encodeResponse(RESPONSE);
    expect(kindOf(() => decodeResponse(bytes, { informational: 1 }))).toBe('oversized');
  });
});

describe('a writer', () => {
  it('refuses what a reader would', () => {
    const head = { status: 200, fields: [['X', '']] as Field[] };
    expect(kindOf(() => new MessageWriter().responseHead(head))).toBe('malformed');
    expect(kindOf(() => encodeRequest({ ...REQUEST, path: 'nowhere' }))).toBe('malformed');
    expect(kindOf(() => encodeResponse({ ...RESPONSE, status: 103 }))).toBe('malformed');
    const wide = { ...RESPONSE, trailers: [['a', '\u0100']] as Field[] };
    expect(kindOf(() => encodeResponse(wide))).toBe('malformed');
  });

  it('keeps the order', () => {
    const writer = new MessageWriter();
    expect(() => writer.content(utf8('a'))).toThrow(RangeError);
    expect(() => writer.end()).toThrow(RangeError);
    writer.responseHead({ status: 200, fields: [] });
    expect(() => writer.responseHead({ status: 200, fields: [] })).toThrow(RangeError);
    expect(() => writer.informational({ status: 103, fields: [] })).toThrow(RangeError);
    expect(() => writer.content(new Uint8Array())).toThrow(RangeError);
    writer.end();
    expect(() => writer.end()).toThrow(RangeError);
  });
});

it('a response to HEAD says how long it would be', () => {
  const head = { ...RESPONSE, fields: [['content-length', '7']] as Field[] };
  expect(decodeResponse(encodeResponse({ ...head, content: new Uint8Array() })).fields).toEqual(
    head.fields,
  );
  expect(kindOf(() => decodeResponse(encodeResponse(head)))).toBe('malformed');
});
