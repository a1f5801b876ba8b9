import { describe, expect, it } from 'vitest';
import {
  parseTdxChannel,
  type TdxEndorsementKey,
  tdxEndorsementKey,
  tdxFileName,
  tdxKeyOfFileName,
} from '../../../src/endorsements/intel/key.ts';

const FMSPC = '90C06F000000';

it('writes an FMSPC in one way', () => {
  expect(tdxEndorsementKey({ fmspc: FMSPC, ca: 'platform' }, 'early')).toEqual({
    fmspc: '90c06f000000',
    ca: 'platform',
    channel: 'early',
  });
});

describe('refuses', () => {
  it.each([
    { name: 'a path', fmspc: '../../../etc/passwd', ca: 'platform', at: 'fmspc' },
    { name: 'a short FMSPC', fmspc: '90c06f0000', ca: 'platform', at: 'fmspc' },
    { name: 'a second parameter', fmspc: '90c06f000000&update=early', ca: 'platform', at: 'fmspc' },
    { name: 'a line end behind it', fmspc: '90c06f000000\n', ca: 'platform', at: 'fmspc' },
    { name: 'another CA', fmspc: FMSPC, ca: 'root', at: 'ca' },
    { name: 'a member of every object', fmspc: FMSPC, ca: 'constructor', at: 'ca' },
  ])('$name', ({ fmspc, ca, at }) => {
    expect(() => tdxEndorsementKey({ fmspc, ca }, 'standard')).toThrow(
      expect.objectContaining({ code: 'usage', at }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 31, 1e21])('evaluation number %s', (channel) => {
    expect(() => tdxEndorsementKey({ fmspc: FMSPC, ca: 'platform' }, channel)).toThrow(
      expect.objectContaining({ code: 'usage', at: 'update' }),
    );
  });

  it.each(['', 'latest', '07', '1e3', '../20', '20 '])('channel %j', (text) => {
    expect(() => parseTdxChannel(text)).toThrow(
      expect.objectContaining({ code: 'usage', at: 'update' }),
    );
  });
});

describe('file names', () => {
  const keys: [string, TdxEndorsementKey][] = [
    [
      '90c06f000000-platform.standard.json',
      tdxEndorsementKey({ fmspc: FMSPC, ca: 'platform' }, 'standard'),
    ],
    [
      '90c06f000000-processor.early.json',
      tdxEndorsementKey({ fmspc: FMSPC, ca: 'processor' }, 'early'),
    ],
    ['90c06f000000-platform.18.json', tdxEndorsementKey({ fmspc: FMSPC, ca: 'platform' }, 18)],
  ];
  it.each(keys)('%s, there and back', (name, key) => {
    expect(tdxFileName(key)).toBe(name);
    expect(tdxKeyOfFileName(name)).toEqual(key);
  });

  it.each([
    'README.md',
    '90C06F000000-platform.standard.json',
    '90c06f000000-root.standard.json',
    '90c06f000000-platform.018.json',
    '90c06f000000-platform.latest.json',
    '90c06f000000-platform.standard.json.bak',
    '.new-x',
  ])('%s is not ours', (name) => {
    expect(tdxKeyOfFileName(name)).toBeUndefined();
  });
});
