import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { parseCrl } from '../../../src/core/x509/crl.ts';
import { snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { publishedIntermediates } from '../../../src/evidence/snp/published-intermediates.ts';
import { officeOf } from '../../../src/evidence/snp/roles.ts';
import { verifySnpChain } from '../../../src/evidence/snp/verify-chain.ts';
import { GENUINE_AMD_CRLS } from '../../support/amd-crls.ts';
import { answers } from '../../support/snp.ts';

const IN_DATE = Date.UTC(2026, 8, 1);
const NEXT_UPDATE = Date.UTC(2026, 9, 4);

/** What a genuine list stands above: the ASK and the ASVK of its line. */
const SUBJECTS = publishedIntermediates().flatMap((intermediate) => {
  const line = officeOf(intermediate.subject.commonName)?.line;
  return line ? [{ name: intermediate.subject.commonName, line, der: intermediate.der }] : [];
});

function verify(der: Uint8Array, crl: Uint8Array, now = IN_DATE) {
  return verifySnpChain({ chain: [der], crl, anchors: AMD_ROOTS, at: snpClocksAt(now) });
}

it.each([
  { line: 'milan', number: '0b', revoked: [], key: '85ac1ad143f7c8ac55d4c51d4148abd5784ad453' },
  // The serial number of an ASK before the one that AMD publishes; without a reason.
  {
    line: 'genoa',
    number: '0a',
    revoked: [['020001', Date.UTC(2022, 9, 31, 12)]],
    key: '9f5df9fe0dd8f35ad0331a25ef81294fbe31a85b',
  },
  { line: 'turin', number: '07', revoked: [], key: '64a05f71e30c0a64d83b75e501599e2bee060344' },
] as const)('$line: has a number and names its key', ({ line, number, revoked, key }) => {
  const crl = parseCrl(GENUINE_AMD_CRLS[line], 'crl');
  expect(crl.number).toBe(number);
  expect([...crl.revoked]).toEqual(revoked);
  expect(toHex(crl.authorityKeyIdentifier ?? new Uint8Array())).toBe(key);
  expect(crl.validity.to).toBe(NEXT_UPDATE);
});

describe.each(SUBJECTS)('$name', ({ line, der }) => {
  const crl = GENUINE_AMD_CRLS[line];

  it('is cleared by the list of its root', () => {
    expect(verify(der, crl)).toMatchObject({
      verdict: 'accept',
      authentic: true,
      revocation: 'checked',
      until: '2026-10-04T00:00:00Z',
    });
  });

  it('is left open once the list has ended', () => {
    const result = verify(der, crl, NEXT_UPDATE + 1000);
    expect(answers(result, 'fail')).toEqual([]);
    expect(answers(result, 'unresolved')).toEqual(['snp.crl.validity', 'snp.vek.revocation']);
  });

  it('is not cleared by a list with one bit changed, or of another root', () => {
    const changed = crl.with(-1, (crl.at(-1) ?? 0) ^ 1);
    const other = GENUINE_AMD_CRLS[line === 'milan' ? 'genoa' : 'milan'];
    for (const list of [changed, other]) {
      expect(answers(verify(der, list), 'fail')).toEqual(['snp.crl.signature']);
    }
  });
});
