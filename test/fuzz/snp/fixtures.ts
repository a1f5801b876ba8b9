import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vectorsFolder } from '../../support/vectors.ts';

const FOLDER = fileURLToPath(new URL('../../../fixtures/snp/', import.meta.url));

/** A report with certificates, its files read, and what is to be said of it. */
export interface FixtureCase {
  readonly id: string;
  readonly report: Uint8Array;
  readonly vek: Uint8Array | undefined;
  readonly chain: Uint8Array | undefined;
  readonly crl: Uint8Array | undefined;
  readonly failed: readonly string[];
  readonly unresolved: readonly string[];
}

interface Row {
  readonly id: string;
  readonly at: string | null;
  readonly files: Readonly<Partial<Record<string, string>>>;
  readonly expect: Partial<Pick<FixtureCase, 'failed' | 'unresolved'>> & {
    readonly verdict: string;
  };
}

/** The simulator's cases to be judged at this instant; all are under one key, whatever the line. */
export function simulatedCases(at: string): readonly FixtureCase[] {
  return rowsOf(FOLDER)
    .filter((row) => row.at === at)
    .map((row) => caseOf(FOLDER, row));
}

/** Good reports of genuine machines, where the published vectors are at hand. */
export function genuineCases(at: string): readonly FixtureCase[] {
  const folder = vectorsFolder('snp');
  if (folder === undefined) return [];
  return rowsOf(folder)
    .filter(({ id, files }) => id.startsWith('real/') && files['report'] && files['chain'])
    .filter((row) => row.at === at && row.expect.verdict === 'accept')
    .map((row) => caseOf(folder, row));
}

function rowsOf(folder: string): readonly Row[] {
  const text = readFileSync(join(folder, 'manifest.json'), 'utf8');
  const manifest = JSON.parse(text) as readonly Row[] | { readonly cases: readonly Row[] };
  return 'cases' in manifest ? manifest.cases : manifest;
}

function caseOf(folder: string, { id, files, expect }: Row): FixtureCase {
  const read = (name: string) => {
    const path = files[name];
    return path === undefined ? undefined : bytesOf(join(folder, path));
  };
  return {
    id,
    report: read('extendedReport') ?? read('report') ?? new Uint8Array(),
    vek: read('vek'),
    chain: read('chain') ?? read('intermediate'),
    crl: read('crl'),
    failed: expect.failed ?? [],
    unresolved: expect.unresolved ?? [],
  };
}

export function rootOf(line: 'milan' | 'genoa' | 'turin'): Uint8Array {
  return bytesOf(join(FOLDER, line, 'simulator-root.der'));
}

function bytesOf(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(path));
}
