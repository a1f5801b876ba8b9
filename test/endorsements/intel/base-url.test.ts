import { describe, expect, it } from 'vitest';
import { pcsBase } from '../../../src/endorsements/intel/base-url.ts';

describe('takes what people paste', () => {
  it.each([
    ['https://pccs.example.com', 'https://pccs.example.com'],
    ['https://pccs.example.com:8081///', 'https://pccs.example.com:8081'],
    ['https://pccs.example.com/sgx/certification/v4', 'https://pccs.example.com'],
    ['https://pccs.example.com/tdx/certification/v4/', 'https://pccs.example.com'],
    ['https://example.com/pccs//tdx/certification/v4//', 'https://example.com/pccs'],
    ['http://127.0.0.1:8081', 'http://127.0.0.1:8081'],
    ['http://pccs:8081/', 'http://pccs:8081'],
  ])('%s', (text, url) => {
    expect(pcsBase(text)).toEqual({ url, rootCaCrl: `${url}/sgx/certification/v4/rootcacrl` });
  });
});

it('takes the root CRL from the distribution point when the source is Intel', () => {
  expect(pcsBase('https://api.trustedservices.intel.com/sgx/certification/v4/')).toEqual({
    url: 'https://api.trustedservices.intel.com',
    rootCaCrl: 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der',
  });
});

describe('refuses', () => {
  it.each([
    { name: 'no URL', text: 'pccs.example.com', detail: /^want a URL/ },
    { name: 'another scheme', text: 'file:///etc/pccs', detail: /^want an https URL/ },
    { name: 'plain http to a public host', text: 'http://pccs.example.com', detail: /^plain http/ },
    { name: 'a query', text: 'https://a.example/?fmspc=1', detail: /without query/ },
    { name: 'a fragment', text: 'https://a.example/#x', detail: /without query/ },
    { name: 'credentials', text: 'https://me:hunter2@a.example', detail: /credentials/ },
  ])('$name', ({ text, detail }) => {
    expect(() => pcsBase(text)).toThrow(
      expect.objectContaining({
        code: 'usage',
        at: 'source',
        detail: expect.stringMatching(detail),
      }),
    );
  });
});

it('does not repeat a password', () => {
  expect(() => pcsBase('https://me:hunter2@a.example')).toThrow(/^(?!.*hunter2)/);
});
