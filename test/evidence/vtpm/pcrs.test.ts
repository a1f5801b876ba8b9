import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import {
  PCR_FILE_SIZE_LIMIT,
  parsePcrs,
  pcrDigest,
  selectedPcrs,
} from '../../../src/evidence/vtpm/pcrs.ts';
import { faultOf } from '../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { ALL_PCRS, digestOf, PCRS, PCRS_JSON, SHA256_BANK } from '../../support/tpm.ts';
import { asView } from '../../support/view.ts';

const SHA384_BANK = 0x000c;
const json = (value: unknown) => utf8(JSON.stringify(value));
const a = '11'.repeat(32);
const b = '22'.repeat(48);
const two = json({ sha384: { 7: b }, sha256: { 14: a, 0: a.toUpperCase() } });

describe('reads', () => {
  it('the whole SHA-256 bank', () => {
    const bank = parsePcrs(PCRS_JSON).get(SHA256_BANK);
    expect([...(bank ?? [])]).toEqual(PCRS.map((value, i) => [i, value]));
    expect(parsePcrs(asView(PCRS_JSON))).toEqual(parsePcrs(PCRS_JSON));
  });

  it('some registers of several banks', () => {
    const of = (byte: number, size: number) => new Uint8Array(size).fill(byte);
    expect(parsePcrs(two)).toEqual(
      new Map([
        [SHA384_BANK, new Map([[7, of(0x22, 48)]])],
        [
          SHA256_BANK,
          new Map([
            [0, of(0x11, 32)],
            [14, of(0x11, 32)],
          ]),
        ],
      ]),
    );
  });
});

describe('refuses', () => {
  it.each([
    ['nothing', new Uint8Array(), 'pcrs'],
    ['text', json('00'), 'pcrs'],
    ['23 values', json(PCRS.slice(1).map(toHex)), 'pcrs'],
    ['25 values', json([...PCRS, ...PCRS.slice(0, 1)].map(toHex)), 'pcrs'],
    ['a number among the values', json(PCRS.map((_, i) => i)), 'pcrs[0]'],
    ['a value of 31 bytes', json(PCRS.map((value) => toHex(value.subarray(1)))), 'pcrs[0]'],
    ['a value that is no hex', json({ sha256: { 0: 'zz'.repeat(32) } }), 'pcrs.sha256.0'],
    ['a value for another bank', json({ sha384: { 0: a } }), 'pcrs.sha384.0'],
    ['no value', json({ sha256: { 0: null } }), 'pcrs.sha256.0'],
    ['register 24', json({ sha256: { 24: a } }), 'pcrs.sha256'],
    ['register 01', json({ sha256: { '01': a } }), 'pcrs.sha256'],
    ['register -1', json({ sha256: { '-1': a } }), 'pcrs.sha256'],
    ['register 1e1', json({ sha256: { '1e1': a } }), 'pcrs.sha256'],
    ['a register twice', utf8(`{"sha256":{"0":"${a}","0":"${a}"}}`), 'pcrs.sha256'],
    ['a bank twice', utf8('{"sha256":{},"sha256":{}}'), 'pcrs'],
    ['a bank that is a list', json({ sha256: [a] }), 'pcrs.sha256'],
    ['a bank that is unknown', json({ md5: {} }), 'pcrs'],
    ['a bank in upper case', json({ SHA256: {} }), 'pcrs'],
    ['far too much', new Uint8Array(PCR_FILE_SIZE_LIMIT + 1).fill(0x20), 'pcrs'],
  ])('%s', (_, bytes, at) => {
    expect(faultOf(() => parsePcrs(bytes))).toMatchObject({ code: 'malformed', at });
  });
});

describe('takes the values that a quote selects', () => {
  it('banks as selected, registers ascending', () => {
    const selection = [
      { hash: SHA256_BANK, pcrs: [0, 14] },
      { hash: SHA384_BANK, pcrs: [7] },
    ];
    const selected = selectedPcrs(selection, parsePcrs(two));
    expect(selected).toMatchObject([
      { hash: SHA256_BANK, index: 0 },
      { hash: SHA256_BANK, index: 14 },
      { hash: SHA384_BANK, index: 7 },
    ]);
    const values = [new Uint8Array(64).fill(0x11), new Uint8Array(48).fill(0x22)];
    expect(selected).not.toHaveProperty('want');
    if ('want' in selected) return;
    expect(pcrDigest(selected)).toEqual(sha256(concatBytes(...values)));
  });

  it('and leaves out all others', () => {
    const selected = selectedPcrs([{ hash: SHA256_BANK, pcrs: [3, 5] }], parsePcrs(PCRS_JSON));
    if ('want' in selected) throw new TypeError(selected.got);
    expect(selected.map(({ index }) => index)).toEqual([3, 5]);
    expect(pcrDigest(selected)).toEqual(digestOf(3, 5));
  });

  it.each([
    ['a register without a value', [{ hash: SHA256_BANK, pcrs: [0, 1, 14, 15] }], 'sha256:1'],
    ['a bank without values', [{ hash: 0x0004, pcrs: [0] }], 'sha1:0'],
    ['a bank of a name we have not', [{ hash: 0x0012, pcrs: [0] }], '0x0012:0'],
    ['a register beyond the 24', [{ hash: SHA256_BANK, pcrs: [0, 24] }], 'sha256:24'],
    ['no bank', [], 'selects none'],
    ['banks without registers', [{ hash: SHA256_BANK, pcrs: [] }], 'selects none'],
  ])('but not of %s', (_, selection, got) => {
    expect(selectedPcrs(selection, parsePcrs(two))).toEqual({
      want: expect.any(String),
      got: expect.stringContaining(got),
    });
  });
});

fuzz('refuses damage, or reads values of their banks’ sizes', damaged(PCRS_JSON, two), (bytes) => {
  const banks = orRefused(() => parsePcrs(bytes));
  for (const [hash, registers] of banks ?? []) {
    for (const [index, value] of registers) {
      expect(index).toBeLessThan(24);
      expect(value.length).toBe(hash === 0x000c ? 48 : 32);
    }
  }
});

fuzz(
  'a value that changes changes the digest',
  fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 255 })),
  ([index, bit]) => {
    const changed = PCRS.map((value, i) => {
      const at = bit >> 3;
      return i === index ? value.with(at, (value[at] ?? 0) ^ (1 << (bit & 7))) : value;
    });
    const selected = selectedPcrs([ALL_PCRS], parsePcrs(json(changed.map(toHex))));
    if ('want' in selected) throw new TypeError(selected.got);
    expect(pcrDigest(selected)).not.toEqual(digestOf(...ALL_PCRS.pcrs));
  },
);
