import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { parseTilePath, writeTilePath } from '../../../src/ledger/tiles/tile-path.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';

const PATHS = [
  { path: 'tile/0/000', level: 0, index: 0, width: 256 },
  { path: 'tile/0/x001/x234/067', level: 0, index: 1_234_067, width: 256 },
  { path: 'tile/0/x001/x234/067.p/1', level: 0, index: 1_234_067, width: 1 },
  { path: 'tile/1/x001/000.p/255', level: 1, index: 1_000, width: 255 },
  { path: 'tile/63/999', level: 63, index: 999, width: 256 },
  { path: 'tile/entries/x010/001.p/112', level: 'entries', index: 10_001, width: 112 },
  {
    path: 'tile/entries/x009/x007/x199/x254/x740/991',
    level: 'entries',
    index: Number.MAX_SAFE_INTEGER,
    width: 256,
  },
] as const;

it.each(PATHS)('reads and writes $path', ({ path, ...parts }) => {
  expect(parseTilePath(path)).toEqual(parts);
  expect(writeTilePath(parts)).toBe(path);
});

describe('refuses', () => {
  it.each([
    '',
    'tile/0',
    'tile/0/',
    '/tile/0/000',
    'tile/0/000/',
    'tile/0/000\n',
    'tile/0/0',
    'tile/0/0000',
    'tile/0/x000/001',
    'tile/0/001/067',
    'tile/0/x001',
    'tile/0/X001/067',
    'tile/00/000',
    'tile/64/000',
    'tile/100/000',
    'tile/-1/000',
    'tile/data/000',
    'tile/entries/000.p/0',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/999',
    'tile/0/000.p/',
    'tile/0/000.p',
    'tile/0/000.p/1/',
    'tile/0/../000',
    'tile/0/x009/x007/x199/x254/x740/992',
    `tile/0/${'x111/'.repeat(200)}000`,
  ])('%j', (path) => {
    expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  it.each([
    { level: 64, index: 0, width: 256 },
    { level: 0, index: -1, width: 256 },
    { level: 0, index: 0.5, width: 256 },
    { level: 0, index: 2 ** 53, width: 256 },
    { level: 0, index: 0, width: 0 },
    { level: 0, index: 0, width: 257 },
  ])('to write level $level, index $index, width $width', (parts) => {
    expect(() => writeTilePath(parts)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });
});

fuzz(
  'a damaged path is refused, or is the one spelling of another',
  damaged(...PATHS.map(({ path }) => utf8(path))),
  (bytes) => {
    const path = new TextDecoder('latin1').decode(bytes);
    const parts = orRefused(() => parseTilePath(path));
    if (parts) expect(writeTilePath(parts)).toBe(path);
  },
);
