import { describe, expect, it } from 'vitest';
import { vcekKey } from '../../../src/endorsements/amd/key.ts';
import { AMD_KDS, kdsBase, kdsUrl } from '../../../src/endorsements/amd/url.ts';

const HWID = '0f'.repeat(64);

describe('the URL of', () => {
  it.each([
    {
      name: 'a VCEK of Milan',
      key: vcekKey('milan', HWID, '04000000000018db'),
      path: `/vcek/v1/Milan/${HWID}?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219`,
    },
    {
      name: 'one of Genoa',
      key: vcekKey('genoa', HWID, '0a00000000001b56'),
      path: `/vcek/v1/Genoa/${HWID}?blSPL=10&teeSPL=0&snpSPL=27&ucodeSPL=86`,
    },
    {
      name: 'one of Turin: a short id, the FMC first',
      key: vcekKey('turin', '1e550a8ee5cf9f4d', '0203010400000051'),
      path: '/vcek/v1/Turin/1e550a8ee5cf9f4d?fmcSPL=2&blSPL=3&teeSPL=1&snpSPL=4&ucodeSPL=81',
    },
    {
      name: 'the VCEK chain',
      key: { kind: 'chain', line: 'genoa', signs: 'vcek' } as const,
      path: '/vcek/v1/Genoa/cert_chain',
    },
    {
      name: 'the VLEK chain',
      key: { kind: 'chain', line: 'turin', signs: 'vlek' } as const,
      path: '/vlek/v1/Turin/cert_chain',
    },
    {
      name: 'the CRL beside VLEKs',
      key: { kind: 'crl', line: 'milan', signs: 'vlek' } as const,
      path: '/vlek/v1/Milan/crl',
    },
  ])('$name', ({ key, path }) => {
    expect(kdsUrl(AMD_KDS, key)).toBe(`https://kdsintf.amd.com${path}`);
  });
});

describe('a base URL', () => {
  it.each([
    ['https://kdsintf.amd.com', 'https://kdsintf.amd.com'],
    ['https://kdsintf.amd.com/', 'https://kdsintf.amd.com'],
    ['https://kdsintf.amd.com/vcek/v1/', 'https://kdsintf.amd.com'],
    ['https://proxy.example.com/amd//', 'https://proxy.example.com/amd'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://kds-proxy', 'http://kds-proxy'],
  ])('%s → %s', (text, base) => {
    expect(kdsBase(text)).toBe(base);
  });

  it.each([
    'http://kdsintf.amd.com',
    'ftp://kdsintf.amd.com',
    'kdsintf.amd.com',
    'https://me:secret@proxy.example.com',
    'https://proxy.example.com/?x=1',
  ])('%s is refused', (text) => {
    const refused = () => kdsBase(text);
    expect(refused).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(refused).not.toThrow(/secret/);
  });
});
