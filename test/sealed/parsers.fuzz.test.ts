import fc from 'fast-check';
import { expect } from 'vitest';
import { fromUtf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { Fault } from '../../src/core/fault.ts';
import { decodeRequest, decodeResponse } from '../../src/sealed/bhttp/decode.ts';
import { encodeRequest, encodeResponse } from '../../src/sealed/bhttp/encode.ts';
import { ChunkReader } from '../../src/sealed/chunk-reader.ts';
import {
  encodeKeyConfigList,
  parseKeyConfig,
  parseKeyConfigList,
} from '../../src/sealed/key-config.ts';
import { encodeOhttpProblem, ohttpProblemIn } from '../../src/sealed/problem.ts';
import { readVarint, varint } from '../../src/sealed/varint.ts';
import { damaged, fuzz, orRefused } from '../support/fuzz.ts';
import { hex } from '../support/hex.ts';
import { hybridConfig, RFC9458_CONFIG } from '../support/keyset.ts';
import { asView } from '../support/view.ts';

const REQUESTS = [
  hex('00 03474554 056874747073 0b6578616d706c652e636f6d 012f 04 0161 0162 00 00'),
  hex('02 0347455405687474707300012f04686f73740161000268690000'),
  hex('02 04504f5354 056874747073 0161 012f 00 0268 6902 6f6b 00 0178 0179 00'),
];
const RESPONSES = [
  hex('01 40c8'),
  hex('01 4066 04 0161 0162 40c8 04 0161 0162 026869 04 0163 0164'),
  hex('03 4067 0161 0162 00 40c8 0161 0162 00 02 6869 00 0163 0164 00'),
];

fuzz(
  'a request that is read is written as one that reads the same',
  damaged(...REQUESTS),
  (bytes) => {
    const request = orRefused(() => decodeRequest(bytes));
    if (request === undefined) return;
    expect(decodeRequest(encodeRequest(request))).toEqual(request);
    expect(decodeRequest(asView(bytes))).toEqual(request);
  },
);

fuzz(
  'a response that is read is written as one that reads the same',
  damaged(...RESPONSES),
  (bytes) => {
    const response = orRefused(() => decodeResponse(bytes));
    if (response === undefined) return;
    expect(decodeResponse(encodeResponse(response))).toEqual(response);
  },
);

fuzz(
  'chunks are the same however they arrive',
  fc.tuple(
    damaged(concatBytes(hex('12'), new Uint8Array(18), hex('4020'), new Uint8Array(33), hex('00'))),
    fc.nat(),
  ),
  ([bytes, where]) => {
    const read = (...parts: Uint8Array[]) =>
      orRefused(() => {
        const reader = new ChunkReader('stream', 16_384);
        return [...parts.flatMap((part) => reader.push(part)), reader.end()];
      });
    const cut = where % (bytes.length + 1);
    const whole = read(bytes);
    expect(read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(whole);
    expect(read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  },
);

fuzz(
  'key configurations are read whole, or refused',
  damaged(encodeKeyConfigList([RFC9458_CONFIG, hybridConfig()].map((c) => parseKeyConfig(c)))),
  (bytes) => {
    try {
      expect(encodeKeyConfigList(parseKeyConfigList(bytes))).toEqual(bytes);
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
    }
  },
);

fuzz('a number is read as it was written', fc.maxSafeNat(), (value) => {
  const bytes = varint(value);
  expect(readVarint(bytes, 0)).toEqual({ value, size: bytes.length });
  expect(readVarint(bytes.subarray(0, -1), 0)).toBeUndefined();
});

fuzz('a body tells a problem, or none', damaged(encodeOhttpProblem('date')), (body) => {
  const problem = ohttpProblemIn(body);
  if (problem !== undefined) expect(fromUtf8(body, 'body')).toContain(`#${problem}`);
});
