import { dirname, join } from 'node:path';
import { Fault, malformed } from '../../core/fault.ts';
import { readAnchor } from '../input.ts';
import type { Io } from '../io.ts';
import { painter } from '../paint.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { bundleRunner } from './bundle.ts';
import { dsseRunner } from './dsse.ts';
import { eventLogRunner } from './event-log.ts';
import { jcsRunner } from './jcs.ts';
import { jcsNumbersRunner } from './jcs-numbers.ts';
import { type Case, parseManifest } from './manifest.ts';
import { merkleProofsRunner } from './merkle.ts';
import { merkleTreeRunner } from './merkle-tree.ts';
import { checkpointRunner, signedNoteRunner } from './note.ts';
import {
  nvidiaNodeRunner,
  nvidiaNrasRunner,
  nvidiaReportRunner,
  nvidiaRimRunner,
} from './nvidia.ts';
import { differences, idsOf, type Outcome } from './outcome.ts';
import type { CaseContext, Runner } from './runner.ts';
import { hpkeRunner } from './sealed/hpke.ts';
import { mlKemRunner, xWingRunner } from './sealed/kems.ts';
import { ohttpRunner } from './sealed/ohttp.ts';
import { wycheproofRunner } from './sealed/wycheproof.ts';
import { snpChainRunner, snpExtendedReportRunner, snpHclRunner, snpReportRunner } from './snp.ts';
import { snpIdBlockRunner } from './snp-id-block.ts';
import { snpMeasureRunner } from './snp-measure.ts';
import { tdxCollateralRunner, tdxQuoteRunner } from './tdx.ts';
import { tlogProofRunner } from './tlog-proof.ts';

/** The first that finds its files takes the case. */
const RUNNERS: readonly Runner[] = [
  tdxQuoteRunner,
  tdxCollateralRunner,
  eventLogRunner,
  jcsRunner,
  dsseRunner,
  jcsNumbersRunner,
  bundleRunner,
  nvidiaReportRunner,
  nvidiaNodeRunner,
  nvidiaRimRunner,
  nvidiaNrasRunner,
  snpReportRunner,
  snpExtendedReportRunner,
  snpHclRunner,
  snpChainRunner,
  snpMeasureRunner,
  snpIdBlockRunner,
  merkleProofsRunner,
  merkleTreeRunner,
  signedNoteRunner,
  checkpointRunner,
  tlogProofRunner,
  hpkeRunner,
  xWingRunner,
  mlKemRunner,
  wycheproofRunner,
  ohttpRunner,
];

interface Report {
  readonly id: string;
  readonly outcome: Outcome | undefined;
  /** Empty when the case conforms. */
  readonly differs: readonly string[];
}

export const conformanceVerb: Verb = {
  name: 'conformance',
  summary: 'Run a manifest of test vectors and compare each case with what it expects.',
  operands: '<manifest.json>',
  arity: { min: 1, max: 1 },
  options: { json: { help: 'print one JSON object a case, one a line' } },
  notes: [
    `Runs cases of these kinds: ${RUNNERS.map((runner) => runner.name).join(', ')}. A case of another kind counts as different.`,
    'Where a case wants reject, indeterminate is no difference: neither lets the machine in, and what is out of date is not forged. The line shows which it was.',
    'Prints one line a case; the JSON objects hold id, verdict, authentic, tcb, failed and unresolved check ids, fields, differs. Exit code 1 if any differs.',
  ],
  run: async (io, args) => {
    const path = args.operand(0);
    const cases = parseManifest(await io.readFile(path));
    if (cases.length === 0) throw malformed(path, 'a manifest without a case proves nothing');
    let different = 0;
    for (const testCase of cases) {
      const report = await runCase(io, dirname(path), testCase);
      if (report.differs.length > 0) different++;
      if (args.has('json')) printJson(io, reportJson(report));
      else printReport(io, report);
    }
    io.err(`${cases.length} cases, ${different} different\n`);
    return different === 0 ? 0 : 1;
  },
};

async function runCase(io: Io, folder: string, testCase: Case): Promise<Report> {
  const { id, files } = testCase;
  const context = contextOf(io, folder, testCase);
  try {
    const runner = await runnerOf(testCase, context);
    if (runner === undefined) {
      const roles = Object.keys(files).join(', ');
      return { id, outcome: undefined, differs: [`no kind of case has the files ${roles}`] };
    }
    const outcome = await runner.run(testCase, context);
    return { id, outcome, differs: differences(outcome, testCase.expect) };
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return { id, outcome: undefined, differs: [error.message] };
  }
}

async function runnerOf({ files }: Case, context: CaseContext): Promise<Runner | undefined> {
  for (const runner of RUNNERS) {
    const { reads, takes } = runner;
    if (reads.every((role) => role in files) && (!takes || (await takes(context)))) return runner;
  }
  return undefined;
}

function contextOf(io: Io, folder: string, testCase: Case): CaseContext {
  const { id, files, trustFile, rimTrustFile, trust } = testCase;
  const read = (path: string) => io.readFile(join(folder, path));
  return {
    has: (role) => role in files,
    files,
    read,
    file: (role) => {
      const path = files[role];
      if (typeof path !== 'string') throw malformed(`${id}.files.${role}`, 'want a path');
      return read(path);
    },
    anchors: async (vendor) => {
      if (trust === 'vendor') return vendor;
      return trustFile === undefined ? [] : [readAnchor(trustFile, await read(trustFile))];
    },
    rimAnchors: async (vendor) => {
      if (trust === 'vendor') return vendor;
      return rimTrustFile === undefined
        ? undefined
        : [readAnchor(rimTrustFile, await read(rimTrustFile))];
    },
  };
}

function reportJson({ id, outcome, differs }: Report) {
  return {
    id,
    ...(outcome && {
      verdict: outcome.verdict,
      ...(outcome.authentic !== undefined && { authentic: outcome.authentic }),
      ...(outcome.tcb && { tcb: outcome.tcb }),
      failed: idsOf(outcome, 'fail'),
      unresolved: idsOf(outcome, 'unresolved'),
      fields: outcome.claims,
    }),
    differs,
  };
}

function printReport(io: Io, { id, outcome, differs }: Report): void {
  const paint = painter(io.colours);
  const mark = differs.length === 0 ? paint('green', '✓') : paint('red', '✗');
  const facts = outcome
    ? [
        outcome.verdict,
        outcome.authentic === undefined ? '' : outcome.authentic ? 'authentic' : 'not authentic',
        outcome.tcb?.status ?? '',
        ...idsOf(outcome, 'fail'),
        ...idsOf(outcome, 'unresolved').map((check) => `${check}?`),
        outcome.summary === undefined ? '' : `(${outcome.summary})`,
      ].filter((fact) => fact !== '')
    : [];
  io.out(`${mark} ${visible(`${id}  ${facts.join(' ')}`.trimEnd())}\n`);
  for (const sentence of differs) io.out(`    ${paint('red', visible(sentence))}\n`);
}
