import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { conformance } from '../../support/conformance.ts';

const MANIFEST = fileURLToPath(new URL('../../../fixtures/bundle/manifest.json', import.meta.url));

const reports = await conformance(MANIFEST);

describe('the simulator’s own bundles', () => {
  it('are there', () => {
    expect(reports.length).toBeGreaterThan(12);
  });

  it.each(reports.map((report) => [report.id, report] as const))('%s', (_, report) => {
    expect(report.differs).toEqual([]);
  });
});
