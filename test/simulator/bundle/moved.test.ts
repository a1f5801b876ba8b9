import { describe, expect, it } from 'vitest';
import { simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { moveInTime } from '../../../src/simulator/move-in-time.ts';
import { idsOf, verifiedBundle } from '../../support/bundle.ts';

const INSTANTS = ['2024-02-29T12:00:00.250Z', '2027-11-30T01:02:03Z', '2031-12-31T23:59:59Z'];

describe('a machine of another time', () => {
  it.each(INSTANTS.flatMap((at) => [[at, 'tdx'] as const, [at, 'snp'] as const]))(
    'at %s, %s, is in date and accepted',
    async (instant, cpu) => {
      const at = Date.parse(instant);
      const made = await simulateBundle({ at, cpu, gpus: 1, switches: 0, mode: 'spt' });
      expect(made.at.evidence).toBe(Math.floor(at / 1000) * 1000);
      const result = verifiedBundle(made);
      expect([...idsOf(result, 'fail'), ...idsOf(result, 'unresolved')]).toEqual([]);
      expect(result.verdict).toBe('accept');
    },
  );

  it('is not in date a year later', async () => {
    const at = Date.parse('2027-11-30T01:02:03Z');
    const made = await simulateBundle({ at, gpus: 0, switches: 0 });
    const later = await simulateBundle({ at: at + 365 * 86_400_000, gpus: 0, switches: 0 });
    expect(verifiedBundle({ ...made, at: later.at }).verdict).not.toBe('accept');
  });
});

describe('moving a plan', () => {
  it('moves instants and clocks, each once, and nothing else', () => {
    const shared = { notAfter: '2026-05-31T23:59:59Z' };
    const plan = {
      at: 1000,
      name: '2026-05-31',
      certificates: { a: shared, b: shared },
      clocks: { at: { evidence: 5, ocsp: 7 } },
      dates: ['2026-01-01T00:00:00Z', '9999-12-31T23:59:59Z'],
      serial: new Uint8Array([1, 2]),
    };
    moveInTime(plan, 1000);
    expect(plan).toEqual({
      at: 2000,
      name: '2026-05-31',
      certificates: {
        a: { notAfter: '2026-06-01T00:00:00Z' },
        b: { notAfter: '2026-06-01T00:00:00Z' },
      },
      clocks: { at: { evidence: 1005, ocsp: 1007 } },
      dates: ['2026-01-01T00:00:01Z', '9999-12-31T23:59:59Z'],
      serial: new Uint8Array([1, 2]),
    });
  });
});
