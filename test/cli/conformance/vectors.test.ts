import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { vectorsFolder } from '../../support/vectors.ts';
import { postern } from '../fake-io.ts';

const published = (['tdx', 'snp', 'nvidia', 'policy', 'ledger', 'sealed'] as const).map(
  (kind) => [kind, vectorsFolder(kind)] as const,
);

describe.each(published)('the published vectors of %s', (_, folder) => {
  const it = test.skipIf(folder === undefined);
  const manifest = join(folder ?? '', 'manifest.json');

  it('all conform, on every line a case', async () => {
    const { exit, out, err } = await postern(['conformance', manifest]);
    expect(out.split('\n').filter((line) => !line.startsWith('✓ '))).toEqual(['']);
    expect(err).toMatch(/^[1-9]\d* cases, 0 different\n$/);
    expect(exit).toBe(0);
  });

  it('the same in JSON, one object a line', async () => {
    const { exit, out, err } = await postern(['conformance', manifest, '--json']);
    const reports: { differs: unknown }[] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([exit, err]).toEqual([0, `${reports.length} cases, 0 different\n`]);
    expect(reports.every(({ differs }) => Array.isArray(differs) && differs.length === 0)).toBe(
      true,
    );
  });
});
