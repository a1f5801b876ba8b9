import { describe, expect, it } from 'vitest';
import { sha384 } from '#crypto';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { ByteWriter } from '../../../../src/core/bytes/writer.ts';
import { coverageOf } from '../../../../src/evidence/tdx/event-log/coverage.ts';

const IMAGE = 0x80000003;
const VARIABLE_BOOT = 0x80000002;
const VARIABLE_DRIVER_CONFIG = 0x80000001;
const [TAG, CONFIG, IPL] = [0x6, 0xa, 0xd];

function variable(name: string, value: Uint8Array, nameUnits = BigInt(name.length)): Uint8Array {
  const w = new ByteWriter().zeros(16).u64(nameUnits).u64(BigInt(value.length));
  for (const letter of name) w.u16(letter.charCodeAt(0));
  return w.bytes(value).finish();
}

const bootOrder = variable('BootOrder', Uint8Array.of(1, 0));
const configuration = new ByteWriter()
  .bytes(utf8('td_payload_info\0'))
  .u32(4)
  .bytes(utf8('root'))
  .finish();
const tagged = new ByteWriter().u32(1).u32(3).bytes(utf8('abc')).finish();
const command = utf8('grub_cmd: set x=1\0');
/** Alibaba's fork: terminator hashed, one byte of old memory behind it. */
const dirtyCommand = utf8('grub_cmd set x=1\0u');

describe('finds that the digest covers', () => {
  it.each([
    { name: 'all data', type: 4, data: utf8('abcd'), hashed: utf8('abcd'), covers: { of: 'data' } },
    {
      name: 'a whole variable',
      type: VARIABLE_DRIVER_CONFIG,
      data: bootOrder,
      hashed: bootOrder,
      covers: { of: 'data' },
    },
    {
      name: 'the value of a variable, but not its name',
      type: VARIABLE_BOOT,
      data: bootOrder,
      hashed: Uint8Array.of(1, 0),
      covers: { of: 'part', part: 'variableData', start: 50, end: 52 },
    },
    {
      name: 'a GRUB command, but not its prefix',
      type: IPL,
      data: command,
      hashed: utf8('set x=1'),
      covers: { of: 'part', part: 'command', start: 10, end: 17 },
    },
    {
      name: 'a GRUB command with its terminator, but not the memory behind it',
      type: IPL,
      data: dirtyCommand,
      hashed: utf8('set x=1\0'),
      covers: { of: 'part', part: 'command', start: 9, end: 17 },
    },
    {
      name: 'text without its terminator',
      type: IPL,
      data: utf8('text\0'),
      hashed: utf8('text'),
      covers: { of: 'part', part: 'text', start: 0, end: 4 },
    },
    {
      name: 'what follows a tag',
      type: TAG,
      data: tagged,
      hashed: utf8('abc'),
      covers: { of: 'part', part: 'taggedData', start: 8, end: 11 },
    },
    {
      name: 'what follows td-shim’s descriptor',
      type: CONFIG,
      data: configuration,
      hashed: utf8('root'),
      covers: { of: 'part', part: 'configuration', start: 20, end: 24 },
    },
  ])('$name', ({ type, data, hashed, covers }) => {
    expect(coverageOf(type, data, sha384(hashed))).toEqual(covers);
  });
});

describe('finds that the digest covers nothing of', () => {
  it.each([
    { name: 'an image event', type: IMAGE, data: utf8('path'), because: /Authenticode/ },
    { name: 'a stripped payload', type: 4, data: utf8(''), because: /does not hold/ },
    { name: 'a description', type: CONFIG, data: utf8('ACPI DATA'), because: /describes/ },
    {
      name: 'a variable cut off',
      type: VARIABLE_BOOT,
      data: bootOrder.subarray(0, 40),
      because: /describes/,
    },
    {
      name: 'a variable whose name has 2^63 characters',
      type: VARIABLE_BOOT,
      data: variable('x', Uint8Array.of(1), 1n << 63n),
      because: /describes/,
    },
    { name: 'a tag of another size', type: TAG, data: tagged.with(4, 9), because: /describes/ },
    { name: 'a tag cut off', type: TAG, data: tagged.subarray(0, 7), because: /describes/ },
  ])('$name', ({ type, data, because }) => {
    const coverage = coverageOf(type, data, sha384(utf8('something else')));
    expect(coverage).toEqual({ of: 'nothing', because: expect.stringMatching(because) });
  });

  it.each([
    ['an empty value', VARIABLE_BOOT, variable('Empty', new Uint8Array())],
    ['an empty command', IPL, utf8('grub_cmd: ')],
    ['an empty tag', TAG, new ByteWriter().u32(1).u32(0).finish()],
  ])('%s, though the hash of no bytes agrees', (_, type, data) => {
    expect(coverageOf(type, data, sha384(new Uint8Array())).of).toBe('nothing');
  });

  it('a variable under a type that is no variable’s: no searching for what might fit', () => {
    expect(coverageOf(IPL, bootOrder, sha384(Uint8Array.of(1, 0))).of).toBe('nothing');
  });
});
