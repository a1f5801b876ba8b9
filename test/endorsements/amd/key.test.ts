import { describe, expect, it } from 'vitest';
import {
  type AmdKey,
  amdFileName,
  amdKeyOfFileName,
  amdKeyText,
  parseProductLine,
  vcekKey,
} from '../../../src/endorsements/amd/key.ts';

const HWID = 'ab'.repeat(64);
const TCB = '04000000000018db';
const milan = vcekKey('milan', HWID, TCB);

describe('a key', () => {
  it('has one form', () => {
    expect(vcekKey('milan', HWID.toUpperCase(), TCB.toUpperCase())).toEqual(milan);
  });

  it.each([
    { name: 'a short hardware id', line: 'milan', hwid: 'ab', tcb: TCB, at: 'hwid' },
    { name: 'a long one on Turin', line: 'turin', hwid: HWID, tcb: '0101010400000051', at: 'hwid' },
    { name: 'one that climbs', line: 'milan', hwid: '../'.repeat(42), tcb: TCB, at: 'hwid' },
    { name: 'a parameter more', line: 'milan', hwid: HWID, tcb: `${TCB}&x=1`, at: 'tcb' },
    { name: 'a reserved byte', line: 'milan', hwid: HWID, tcb: '04000100000018db', at: 'tcb' },
    {
      name: 'one on Turin',
      line: 'turin',
      hwid: '1'.repeat(16),
      tcb: '0101010401000051',
      at: 'tcb',
    },
  ] as const)('$name is refused', ({ line, hwid, tcb, at }) => {
    expect(() => vcekKey(line, hwid, tcb)).toThrow(expect.objectContaining({ code: 'usage', at }));
  });

  it('is not that of another TCB that differs in the FMC alone', () => {
    const turin = (fmc: string) => vcekKey('turin', '1e550a8ee5cf9f4d', `${fmc}01010400000051`);
    expect(amdFileName(turin('00'))).not.toBe(amdFileName(turin('01')));
  });

  it('is told in words', () => {
    expect(amdKeyText(milan)).toBe(`the VCEK of Milan chip abababababababab… at TCB ${TCB}`);
    expect(amdKeyText({ kind: 'crl', line: 'turin', signs: 'vlek' })).toBe('the VLEK CRL of Turin');
  });
});

describe('a file name', () => {
  const keys: readonly (readonly [AmdKey, string])[] = [
    [milan, `vcek-${HWID}-${TCB}.der`],
    [{ kind: 'chain', line: 'milan', signs: 'vcek' }, 'vcek-chain.pem'],
    [{ kind: 'chain', line: 'milan', signs: 'vlek' }, 'vlek-chain.pem'],
    [{ kind: 'crl', line: 'milan', signs: 'vcek' }, 'vcek.crl'],
    [{ kind: 'crl', line: 'milan', signs: 'vlek' }, 'vlek.crl'],
  ];
  it.each(keys)('%o ⇄ %s', (key, name) => {
    expect(amdFileName(key)).toBe(name);
    expect(amdKeyOfFileName('milan', name)).toEqual(key);
  });

  it.each([
    'README',
    'vcek.crl.provenance.json',
    'vcek.pem',
    `vcek-${HWID.toUpperCase()}-${TCB}.der`,
    `vcek-1e550a8ee5cf9f4d-${TCB}.der`,
    `vcek-${HWID}-04000100000018db.der`,
    '.new-x',
  ])('%s is not ours', (name) => {
    expect(amdKeyOfFileName('milan', name)).toBeUndefined();
  });
});

it('a product line has its exact name', () => {
  expect(parseProductLine('turin')).toBe('turin');
  for (const text of ['Turin', 'bergamo', '']) {
    expect(() => parseProductLine(text)).toThrow(/want milan, genoa, turin; got/);
  }
});
