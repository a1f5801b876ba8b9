import { expect } from 'vitest';
import type { Check } from '../../src/evidence/verdict.ts';
import type { EvidenceKind } from '../../src/evidence/verification.ts';
import { type SimulatedSnp, simulateSnp } from '../../src/simulator/snp/simulate.ts';
import { expectErrorJson, expectPartsJson, expectVerificationJson } from './design-json.ts';
import { type Files, jsonOf, postern, type Ran } from './fake-io.ts';

/** The files of a simulated machine under the names that the tests use. */
export function snpFilesOf(made: SimulatedSnp): Record<string, Uint8Array | string> {
  const { vek, crl, chain, extendedReport } = made;
  return {
    report: extendedReport ?? made.report,
    ...(vek && { vek }),
    ...(chain[0] && { ask: chain[0] }),
    ...(crl && { crl }),
    'root.der': made.root,
  };
}

/** Made once a test file, with a CRL beside it: the same bytes each time. */
export const honestSnp = await simulateSnp({ fault: 'crl_ok' });
export const snpFiles = snpFilesOf(honestSnp);

/** Where the certificates come from, and whom to believe. */
export const CERTIFICATES = ['--vek', 'vek', '--chain', 'ask', '--trust-anchor', 'root.der'];

/** A verification in which everything is in order and nothing needs the network. */
export const VERIFY_SNP = ['verify', 'snp', 'report', ...CERTIFICATES, '--offline'];

/** The part of `--json` that tests look at. */
export interface Answer {
  readonly verdict: string;
  readonly authentic: boolean;
  readonly anchors: string;
  readonly at: string;
  readonly revocation: string;
  readonly checks: readonly Check[];
  readonly claims: Readonly<Record<string, unknown>>;
  readonly parts?: readonly Answer[];
}

export function idsOf({ checks }: Answer, outcome: Check['outcome']): readonly string[] {
  return checks.filter((check) => check.outcome === outcome).map((check) => check.id);
}

export function checkOf({ checks }: Answer, id: string): Check | undefined {
  return checks.find((check) => check.id === id);
}

/**
 * `--json` of a verification, held against the contract; the exit code is the verdict's.
 *
 * @param parts kinds of evidence that it rests on.
 */
export function answerOf(ran: Ran, evidence: EvidenceKind, ...parts: readonly EvidenceKind[]) {
  const json = jsonOf(ran);
  if (evidence === 'vtpm' || evidence === 'bundle') expectPartsJson(json, evidence, ...parts);
  else expectVerificationJson(json, evidence);
  expect(ran.exit).toBe({ accept: 0, reject: 1, indeterminate: 2 }[String(json['verdict'])]);
  const answer = json as unknown as Answer;
  return {
    ...answer,
    exit: ran.exit,
    failed: idsOf(answer, 'fail'),
    unresolved: idsOf(answer, 'unresolved'),
    skipped: idsOf(answer, 'skipped'),
  };
}

/** One command line that verifies a report, in JSON. */
export async function verifiedSnp(
  options: readonly string[] = [],
  changed: Files = {},
  argv: readonly string[] = VERIFY_SNP,
) {
  const ran = await postern([...argv, '--json', ...options], { ...snpFiles, ...changed });
  return { ...answerOf(ran, 'snp'), err: ran.err };
}

type Case = NonNullable<NonNullable<Parameters<typeof simulateSnp>[0]>['fault']>;

export async function filesOfCase(fault: Case) {
  return snpFilesOf(await simulateSnp({ fault }));
}

/** The same words, without an option and its value. */
export const without = (option: string) =>
  VERIFY_SNP.filter((word, i) => word !== option && VERIFY_SNP[i - 1] !== option);

/** What is said of a command line that asks for nothing sensible. */
export async function usageOf(...options: readonly string[]): Promise<string> {
  const ran = await postern([...VERIFY_SNP, '--json', ...options], snpFiles);
  expect(ran.exit).toBe(64);
  expectErrorJson(jsonOf(ran), 'usage');
  return ran.err;
}
