import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CaseReport, conformance } from '../support/conformance.ts';
import { vectorsFolder } from '../support/vectors.ts';

const folder = vectorsFolder('ledger');
const it = test.skipIf(folder === undefined);
const run = async () =>
  folder === undefined ? [] : await conformance(join(folder, 'manifest.json'));
const reports = new Map((await run()).map((report) => [report.id, report]));
const reportOf = (id: string): CaseReport => reports.get(id) ?? { id, differs: ['is not there'] };

describe('accepted, all as published', () => {
  it.each([
    'merkle/inclusion',
    'merkle/consistency',
    'merkle/subtree-inclusion',
    'merkle/subtree-consistency',
    'merkle/rfc6962-tree',
    'note/signed-note',
    'proof/tlog-proof',
    ...Array.from({ length: 16 }, (_, size) => `tiles/size-${String(size).padStart(2, '0')}`),
  ])('%s', (id) => {
    expect(reportOf(id)).toMatchObject({ verdict: 'accept', failed: [], differs: [] });
  });
});

describe('refused, each for what was done to it', () => {
  it.each([
    ['note/changed-text', 'note.signatures'],
    ['note/no-blank-line', 'note.format'],
    ['note/no-final-newline', 'note.format'],
    ['note/crlf', 'note.format'],
    ['note/unknown-key-only', 'note.signatures'],
    ['note/checkpoint-example', 'checkpoint.signatures'],
    ['note/cosignature-example', 'checkpoint.signatures'],
    ['proof/wrong-entry', 'proof.inclusion'],
    ['proof/wrong-index', 'proof.inclusion'],
    ['proof/negative-index', 'proof.format'],
    ['proof/index-not-a-number', 'proof.format'],
    ['proof/index-beyond-size', 'proof.inclusion'],
    ['proof/missing-index', 'proof.format'],
    ['proof/wrong-header', 'proof.format'],
    ['proof/short-hash', 'proof.format'],
    ['proof/long-hash', 'proof.format'],
    ['proof/bad-base64', 'proof.format'],
    ['proof/dropped-hash', 'proof.inclusion'],
    ['proof/changed-root', 'proof.checkpoint', 'proof.inclusion'],
    ['proof/bad-extra', 'proof.format'],
    ['proof/witness-time-changed', 'proof.checkpoint'],
  ])('%s', (id, ...failed) => {
    expect(reportOf(id)).toMatchObject({ verdict: 'reject', failed, differs: [] });
  });
});

it('are all named here', () => {
  expect(reports.size).toBe(44);
});
