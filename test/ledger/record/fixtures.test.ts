import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bundleClocksAt } from '../../../src/appraisal/bundle/input.ts';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { checkRecord } from '../../../src/ledger/record/check-record.ts';
import { parseManifest } from '../../../src/ledger/record/manifest.ts';
import { Replayer } from '../../../src/ledger/record/replay.ts';
import { captured, ENGINE, type Given, lookup } from '../../support/record.ts';

interface FixtureCase {
  readonly id: string;
  readonly files: Readonly<Record<'bundle' | 'amdRoot' | 'nvidiaRoot', string>>;
  readonly trustFile: string;
  readonly rimTrustFile: string;
  readonly at: string;
  readonly expect: { readonly verdict: string; readonly nonce?: string };
}

const file = (path: string) =>
  new Uint8Array(
    readFileSync(fileURLToPath(new URL(`../../../fixtures/bundle/${path}`, import.meta.url))),
  );
const root = (path: string) => [anchorFromCertificate(file(path), path)];

const cases: readonly FixtureCase[] = JSON.parse(new TextDecoder().decode(file('manifest.json')));

function givenOf({ files, at, trustFile, rimTrustFile, expect: { nonce } }: FixtureCase): Given {
  return {
    bundle: file(files.bundle),
    at: bundleClocksAt(Date.parse(at)),
    anchors: {
      tdx: root(trustFile),
      snp: root(files.amdRoot),
      nvidia: { device: root(files.nvidiaRoot), rim: root(rimTrustFile) },
    },
    ...(nonce !== undefined && { expected: { nonce: fromHex(nonce, 'nonce') } }),
  };
}

const replayer = new Replayer({ engine: ENGINE });

describe('every machine of the fixtures', () => {
  it('is there', () => {
    expect(cases.length).toBeGreaterThan(12);
    const verdicts = new Set(cases.map((one) => one.expect.verdict));
    expect(verdicts).toEqual(new Set(['accept', 'reject']));
  });

  it.each(cases)('$id', (one) => {
    const decision = captured(givenOf(one));
    const manifest = parseManifest(decision.manifest);
    const { leaf } = decision;
    expect(leaf.verdict).toBe(one.expect.verdict);
    expect(checkRecord(leaf, manifest)).toEqual([]);
    expect(replayer.replay(manifest, lookup(decision))).toMatchObject({
      outcome: 'same',
      verdict: one.expect.verdict,
      codes: leaf.codes,
    });
  });
});
