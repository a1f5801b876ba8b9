import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import {
  encodeKeyConfig,
  encodeKeyConfigList,
  parseKeyConfig,
  parseKeyConfigList,
} from '../../src/sealed/key-config.ts';
import { faultOf } from '../support/fault-of.ts';
import { hex } from '../support/hex.ts';
import { hybridConfig, RFC9458_CONFIG } from '../support/keyset.ts';
import { asView } from '../support/view.ts';

const parse = (bytes: Uint8Array) => parseKeyConfig(bytes, 'config');

it('reads the example of RFC 9458, appendix A', () => {
  expect(parse(RFC9458_CONFIG)).toEqual({
    keyId: 1,
    kem: 0x0020,
    publicKey: hex('31e1f05a740102115220e9af918f738674aec95f54db6e04eb705aae8e798155'),
    suites: [
      { kdf: 1, aead: 1 },
      { kdf: 1, aead: 3 },
    ],
  });
});

it('reads the post-quantum hybrid', () => {
  expect(parse(hybridConfig())).toMatchObject({ keyId: 2, kem: 0x647a });
  expect(parse(hybridConfig()).publicKey).toEqual(new Uint8Array(1216).fill(0x5a));
});

it('reads the same out of a larger buffer', () => {
  expect(parse(asView(RFC9458_CONFIG))).toEqual(parse(RFC9458_CONFIG));
});

it('writes what it read', () => {
  for (const config of [RFC9458_CONFIG, hybridConfig()]) {
    expect(encodeKeyConfig(parse(config))).toEqual(config);
  }
});

describe('a list', () => {
  const list = encodeKeyConfigList([parse(RFC9458_CONFIG), parse(hybridConfig())]);

  it('has each configuration behind its length', () => {
    expect(list).toEqual(concatBytes(hex('002d'), RFC9458_CONFIG, hex('04c9'), hybridConfig()));
    expect(parseKeyConfigList(asView(list)).map(encodeKeyConfig)).toEqual([
      RFC9458_CONFIG,
      hybridConfig(),
    ]);
  });

  it.each([
    { name: 'nothing', bytes: new Uint8Array(), at: 'list' },
    { name: 'half a length', bytes: hex('00'), at: 'list.[0].length' },
    { name: 'less than said', bytes: list.subarray(0, 46), at: 'list.[0]' },
    { name: 'a tail', bytes: concatBytes(list, hex('00')), at: 'list.[2].length' },
    {
      name: 'a configuration with a tail',
      bytes: concatBytes(hex('002e'), RFC9458_CONFIG, hex('00')),
      at: 'list[0]',
    },
  ])('of $name is refused', ({ bytes, at }) => {
    const fault = faultOf(() => parseKeyConfigList(bytes, 'list'));
    expect(fault).toMatchObject({ code: 'malformed', at });
  });
});

const head = RFC9458_CONFIG.subarray(0, 35);
const withSuites = (suites: string) => concatBytes(head, hex(suites));

describe('refuses', () => {
  it.each([
    { name: 'nothing', bytes: new Uint8Array(), at: 'config.key_id' },
    { name: 'half a KEM', bytes: RFC9458_CONFIG.subarray(0, 2), at: 'config.kem' },
    { name: 'a short key', bytes: RFC9458_CONFIG.subarray(0, 34), at: 'config.public_key' },
    { name: 'a key alone', bytes: head, at: 'config.symmetric_algorithms_length' },
    {
      name: 'no algorithms',
      bytes: withSuites('0000'),
      at: 'config.symmetric_algorithms_length',
    },
    {
      name: 'half a pair',
      bytes: withSuites('0006 00010001 0001'),
      at: 'config.symmetric_algorithms_length',
    },
    {
      name: 'fewer pairs than said',
      bytes: withSuites('0008 00010001'),
      at: 'config.symmetric_algorithms[1].kdf',
    },
    { name: 'more pairs than said', bytes: withSuites('0004 00010001 00010003'), at: 'config' },
    {
      name: 'a pair twice',
      bytes: withSuites('0008 00010001 00010001'),
      at: 'config.symmetric_algorithms',
    },
    {
      name: 'a length in front, as in a list of configurations',
      bytes: concatBytes(hex('002d'), RFC9458_CONFIG),
      at: 'config.kem',
      code: 'unsupported',
    },
    {
      name: 'a length in little-endian',
      bytes: withSuites('0800 00010001 00010003'),
      at: 'config.symmetric_algorithms[2].kdf',
    },
    {
      name: 'a KEM of P-256',
      bytes: RFC9458_CONFIG.with(2, 0x10),
      at: 'config.kem',
      code: 'unsupported',
    },
    {
      name: 'a single-stage KDF, from which OHTTP can derive nothing',
      bytes: withSuites('0004 00100001'),
      at: 'config.symmetric_algorithms[0].kdf',
      code: 'unsupported',
    },
    {
      name: 'export-only, which seals nothing',
      bytes: withSuites('0008 00010001 0001ffff'),
      at: 'config.symmetric_algorithms[1].aead',
      code: 'unsupported',
    },
  ])('$name', ({ bytes, at, code = 'malformed' }) => {
    expect(faultOf(() => parse(bytes))).toMatchObject({ code, at });
  });
});
