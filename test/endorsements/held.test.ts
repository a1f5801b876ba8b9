import { expect, it } from 'vitest';
import { oldestFetches } from '../../src/endorsements/held.ts';

it('the oldest of each kind counts, and no old manifest for an OCSP response', () => {
  const oldest = oldestFetches([
    { kinds: ['nvidia.rim'], fetchedAt: 1 },
    { kinds: ['nvidia.ocsp'], fetchedAt: 900 },
    { kinds: ['nvidia.ocsp'], fetchedAt: 800 },
    { kinds: ['tdx.tcb-info', 'tdx.crl'], fetchedAt: 500 },
    { kinds: ['tdx.tcb-info', 'tdx.crl'], fetchedAt: 600 },
    { kinds: ['snp.crl'], fetchedAt: undefined },
  ]);
  expect(Object.fromEntries(oldest)).toEqual({
    'nvidia.rim': 1,
    'nvidia.ocsp': 800,
    'tdx.tcb-info': 500,
    'tdx.crl': 500,
  });
  expect(oldestFetches([]).size).toBe(0);
});
