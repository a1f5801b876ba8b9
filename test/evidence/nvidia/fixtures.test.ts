import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NVIDIA_CHECKS, NVIDIA_TOPOLOGY_CHECKS } from '../../../src/evidence/nvidia/checks.ts';
import { conformance } from '../../support/conformance.ts';

const MANIFEST = fileURLToPath(new URL('../../../fixtures/nvidia/manifest.json', import.meta.url));

/** What no file can trip: these questions are asked only of a caller's own input. */
const ASKED_ELSEWHERE = new Set([
  'nvidia.clock',
  'nvidia.ocsp.device.nonce',
  'nvidia.ocsp.rim.nonce',
  'nvidia.topology.format',
  'nvidia.topology.count',
  'nvidia.topology.statement',
]);

/** Of a manifest that can't be relied upon nothing is compared: the first is what is wrong. */
const OF_MANIFESTS = /^nvidia\.rim\.(driver|vbios)\.(format|signature|chain|root|match)$/;
const NOT_COMPARED = ['nvidia.measurements.index', 'nvidia.measurements.match'];

/** Portable crypto takes a minute for all of them. */
const EVERY = process.env['VITEST_POSTERN_CRYPTO'] === 'portable' ? 6 : 1;

const reports = await conformance(MANIFEST, EVERY);

describe('the simulator’s own cases', () => {
  it('are there', () => {
    expect(reports.length).toBeGreaterThan(350 / EVERY);
  });

  it.each(reports.map((report) => [report.id, report] as const))('%s', (_, report) => {
    expect(report.differs).toEqual([]);
  });
});

describe.skipIf(EVERY > 1)('each check has a case in which it alone does not pass', () => {
  const ids = Object.keys({ ...NVIDIA_CHECKS, ...NVIDIA_TOPOLOGY_CHECKS }).filter(
    (id) => !ASKED_ELSEWHERE.has(id),
  );
  it.each(ids)('%s', (id) => {
    const follows = OF_MANIFESTS.test(id) ? NOT_COMPARED : [];
    const alone = reports.filter(({ failed = [], unresolved = [] }) => {
      const notPassed = [...failed, ...unresolved];
      return (
        notPassed.includes(id) && notPassed.every((one) => one === id || follows.includes(one))
      );
    });
    expect(alone.map((report) => report.id)).not.toEqual([]);
  });
});
