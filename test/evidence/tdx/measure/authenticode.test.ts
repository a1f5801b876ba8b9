import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { Fault } from '../../../../src/core/fault.ts';
import { authenticodeSha384 } from '../../../../src/evidence/tdx/measure/authenticode.ts';
import { parsePeImage } from '../../../../src/evidence/tdx/measure/pe-image.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { damaged, fuzz } from '../../../support/fuzz.ts';
import { type PeParts, peOf, signedPeOf } from '../../../support/pe.ts';
import { asView } from '../../../support/view.ts';

const hash = (image: Uint8Array) => toHex(authenticodeSha384(image));
const changed = (image: Uint8Array, at: number) => image.with(at, (image[at] ?? 0) ^ 1);

const CHECKSUM = [0x98, 0x9c] as const;
const DIRECTORY = [0xe8, 0xf0] as const;

describe('the Authenticode hash', () => {
  it('is what osslsigncode 2.9 signs and verifies for the same file', () => {
    expect(hash(peOf())).toBe(
      'fb58d0ca2af33b03e38d583c9c5ced9070006dd64536805a6e4930fe6621817dc7372befb49338cb7049e0036ce7548b',
    );
    expect(hash(peOf({ size: 0x3a0 }))).toBe(
      '0d920a0f9e3cef8283ded9fb886af9c10e580a2841f115db9c6fbaedaffe0901fe340141509d1a64ab52760d2ec8e36c',
    );
  });

  it('covers each byte but checksum, certificate entry and certificates', () => {
    const image = signedPeOf();
    const same = hash(image);
    const outside: number[] = [];
    for (let at = 0; at < image.length; at++) {
      try {
        if (hash(changed(image, at)) === same) outside.push(at);
      } catch (error) {
        // Some bytes, changed, make it no image any more.
        if (!(error instanceof Fault)) throw error;
      }
    }
    const range = (start: number, end: number) =>
      Array.from({ length: end - start }, (_, i) => start + i);
    // Changed alone, the entry of the directories no longer points to the end of the file.
    expect(outside).toEqual([...range(...CHECKSUM), ...range(0x380, 0x3c0)]);
  });

  it('is the same before and after signing', () => {
    expect(hash(signedPeOf())).toBe(hash(peOf()));
    expect(hash(signedPeOf({ checksum: 0x1234 }))).toBe(hash(peOf()));
  });

  it('has no entry to leave out where there are only four directories', () => {
    const image = peOf({ directories: 4 });
    const rest = [image.subarray(0, CHECKSUM[0]), image.subarray(CHECKSUM[1])];
    const want = rest.reduce((sum, part) => sum.update(part), createHash('sha384')).digest('hex');
    expect(hash(image)).toBe(want);
  });

  it('takes in what stands behind the last section, without padding', () => {
    const image = peOf({ size: 0x383 });
    const rest = [
      image.subarray(0, CHECKSUM[0]),
      image.subarray(CHECKSUM[1], DIRECTORY[0]),
      image.subarray(DIRECTORY[1]),
    ];
    const want = rest.reduce((sum, part) => sum.update(part), createHash('sha384')).digest('hex');
    expect(hash(image)).toBe(want);
  });

  it('is the same out of a larger buffer', () => {
    expect(hash(asView(signedPeOf()))).toBe(hash(signedPeOf()));
    expect(parsePeImage(asView(peOf()))).toEqual(parsePeImage(peOf()));
  });
});

it('brings sections into the order of the file', () => {
  expect(parsePeImage(peOf()).sections).toEqual([
    { start: 0x200, end: 0x300 },
    { start: 0x300, end: 0x380 },
  ]);
});

it('passes over sections without bytes in the file', () => {
  const sections: PeParts['sections'] = [
    [0x200, 0x180],
    [0, 0],
  ];
  expect(parsePeImage(peOf({ sections })).sections).toHaveLength(1);
});

const AT = 'measure.image';

describe('refuses', () => {
  it.each<{ name: string; parts: PeParts; at: string; code?: string }>([
    { name: 'what is no PE image', parts: { dosSignature: 'ZM' }, at: `${AT}.dos.signature` },
    { name: 'a PE header in the DOS header', parts: { lfanew: 4 }, at: `${AT}.dos.e_lfanew` },
    {
      name: 'a PE header behind the file',
      parts: { lfanew: 0xffff_ffff },
      at: `${AT}.dos.e_lfanew`,
    },
    { name: 'another signature', parts: { signature: 'NE\0\0' }, at: `${AT}.signature` },
    {
      name: 'an image for another processor',
      parts: { machine: 0xaa64 },
      at: `${AT}.machine`,
      code: 'unsupported',
    },
    {
      name: 'an image of 32 bits',
      parts: { magic: 0x10b },
      at: `${AT}.magic`,
      code: 'unsupported',
    },
    {
      name: 'an optional header with room left',
      parts: { optionalSize: 248 },
      at: `${AT}.size_of_optional_header`,
    },
    {
      name: 'an optional header too short for its directories',
      parts: { directoryCount: 17, optionalSize: 240 },
      at: `${AT}.size_of_optional_header`,
    },
    {
      name: 'more directories than there are',
      parts: { directoryCount: 0xffff_ffff },
      at: `${AT}.size_of_optional_header`,
    },
    {
      name: 'headers that end before the section table',
      parts: { headersSize: 0x190 },
      at: `${AT}.size_of_headers`,
    },
    {
      name: 'headers larger than the file',
      parts: { headersSize: 0x381 },
      at: `${AT}.size_of_headers`,
    },
    {
      name: 'more sections than headers have room for',
      parts: { sectionCount: 0xffff },
      at: `${AT}.size_of_headers`,
    },
    {
      name: 'a hole between sections',
      parts: {
        sections: [
          [0x200, 0x80],
          [0x300, 0x80],
        ],
      },
      at: `${AT}.sections`,
    },
    {
      name: 'a hole behind the headers',
      parts: { sections: [[0x300, 0x80]] },
      at: `${AT}.sections`,
    },
    {
      name: 'sections that share bytes',
      parts: {
        sections: [
          [0x200, 0x100],
          [0x280, 0x100],
        ],
      },
      at: `${AT}.sections`,
    },
    {
      name: 'a section in the headers',
      parts: { sections: [[0, 0x380]] },
      at: `${AT}.sections`,
    },
    {
      name: 'a section that ends behind the file',
      parts: { sections: [[0x200, 0x181]] },
      at: `${AT}.sections`,
    },
    {
      name: 'certificates amid the file, which hide what stands behind them',
      parts: { security: [0x380, 0x40], size: 0x400 },
      at: `${AT}.directories[4]`,
    },
    {
      name: 'certificates that hide a section',
      parts: { security: [0x300, 0x80] },
      at: `${AT}.directories[4]`,
    },
    {
      name: 'certificates past the end',
      parts: { security: [0x380, 0x40] },
      at: `${AT}.directories[4]`,
    },
    {
      name: 'certificates without a place',
      parts: { security: [0, 0x40] },
      at: `${AT}.directories[4]`,
    },
    {
      name: 'a place without certificates',
      parts: { security: [0x380, 0] },
      at: `${AT}.directories[4]`,
    },
  ])('$name', ({ parts, at, code = 'malformed' }) => {
    expect(faultOf(() => parsePeImage(peOf(parts)))).toMatchObject({ code, at });
  });

  it('every beginning of an image', () => {
    const image = peOf();
    for (let length = 0; length < image.length; length++) {
      const fault = faultOf(() => parsePeImage(image.subarray(0, length)));
      expect(fault.code).toBe('malformed');
    }
  });
});

fuzz('refuses damage with a Fault', damaged(peOf(), signedPeOf()), (image) => {
  try {
    authenticodeSha384(image);
  } catch (error) {
    if (!(error instanceof Fault) || !['malformed', 'unsupported'].includes(error.code))
      throw error;
  }
});
