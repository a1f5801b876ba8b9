import { verificationJson } from '../appraisal/result/result-json.ts';
import { WELL_FORMED } from '../evidence/check-list.ts';
import type { Check } from '../evidence/verdict.ts';
import type { Claim, Claims, TcbSummary, Verification } from '../evidence/verification.ts';
import { policyNotes } from './decision.ts';
import type { Io } from './io.ts';
import { outermostJson } from './outermost.ts';
import { type Colour, type Paint, painter } from './paint.ts';
import type { Args, Options } from './verb.ts';
import { visible, visibleJson } from './visible.ts';

export const MARKS = {
  pass: ['green', '✓'],
  fail: ['red', '✗'],
  unresolved: ['yellow', '?'],
  skipped: ['dim', '–'],
} as const satisfies Record<Check['outcome'], readonly [Colour, string]>;

export const VERDICT_COLOURS = {
  accept: 'green',
  reject: 'red',
  indeterminate: 'yellow',
} as const satisfies Record<Verification['verdict'], Colour>;

export const CLAIMS_OPTION: Options = {
  claims: { help: 'print every field of the evidence below the checks' },
};

/** What a verdict rests on, of evidence and of whatever else can be verified. */
type Answer = Pick<
  Verification,
  'verdict' | 'authentic' | 'anchors' | 'revocation' | 'at' | 'until'
>;

/** What stands between the checks and the verdict. */
export interface Remarks {
  /** What the thing is that was verified. */
  readonly facts?: readonly string[];
  /** What a reader should know that no check decides. */
  readonly notes?: readonly string[];
}

/** A verification as the options want it: in JSON, or in lines, with or without the claims. */
export function printResult(
  io: Io,
  args: Args,
  result: Verification,
  asks: (id: string) => string,
  { notes = [], facts = [] }: Remarks = {},
): void {
  if (args.has('json')) {
    printJson(io, { ...verificationJson(result), ...outermostJson(args, result, notes) });
    return;
  }
  printAnswer(io, result, asks, { notes: [...notes, ...policyNotes(result)], facts });
  if (args.has('claims')) {
    io.out('\n');
    printClaims(io, result.claims);
  }
}

export function printJson(io: Io, value: unknown): void {
  io.out(`${visibleJson(value)}\n`);
}

/** What a check asks, for people, by the table of its evidence kind. */
export function asksFrom(
  questions: Readonly<Record<string, { readonly asks: string }>>,
): (id: string) => string {
  return (id) => (Object.hasOwn(questions, id) ? (questions[id]?.asks ?? '') : '');
}

/**
 * One line a check, then TCB, then the verdict.
 *
 * @param asks what each check is about.
 */
export function printAnswer(
  io: Io,
  result: Answer & Pick<Verification, 'checks' | 'tcb'>,
  asks: (id: string) => string,
  { notes = [], facts = [] }: Remarks,
): void {
  const paint = painter(io.colours);
  printChecks(io, result.checks, asks);
  if (facts.length > 0) io.out('\n');
  for (const fact of facts) io.out(`${visible(fact)}\n`);
  if (notes.length > 0) io.out('\n');
  for (const note of notes) io.out(`${paint('yellow', 'note')}  ${visible(note)}\n`);
  if (result.tcb) io.out(`\n${tcbLines(paint, result.tcb).join('\n')}\n`);
  io.out(verdictLine(io, result));
}

/** The verdict and what it rests on, set off from what stands above. */
export function verdictLine(io: Io, result: Answer): string {
  const paint = painter(io.colours);
  const facts = [
    result.authentic ? 'authentic' : 'not shown to be authentic',
    result.anchors === 'none' ? 'held against no root' : `${result.anchors} anchors`,
    `revocation ${result.revocation}`,
    `at ${result.at}`,
    ...untilText(result),
  ].join(' · ');
  const verdict = paint(VERDICT_COLOURS[result.verdict], result.verdict.toUpperCase());
  const foreign =
    result.anchors === 'vendor' || result.anchors === 'none'
      ? ''
      : paint('yellow', `Checked under a ${result.anchors} root: no vendor vouches for this.\n`);
  return `\n${paint('bold', verdict)}  ${facts}\n${foreign}`;
}

/** Of what is not accepted nothing is good; but that something has ended says why. */
function untilText({ verdict, at, until }: Answer): readonly string[] {
  if (until === undefined) return [];
  if (verdict === 'accept') return [`good until ${until}`];
  return until < at ? [`what it rests on ended ${until}`] : [];
}

/** One line a check. */
export function printChecks(io: Io, checks: readonly Check[], asks: (id: string) => string): void {
  const paint = painter(io.colours);
  for (const check of checks) io.out(`${checkLine(paint, check, asks(check.id))}\n`);
}

export function checkLine(paint: Paint, check: Check, asks: string): string {
  const [colour, mark] = MARKS[check.outcome];
  const name = `${paint(colour, mark)} ${check.id.padEnd(32)}`;
  if (check.outcome === 'pass') return `${name} ${paint('dim', asks)}`;
  return `${name} ${visible(reasonOf(check))}`;
}

/** Why a check did not pass, in one line that may hold anything: not for a terminal as it is. */
export function reasonOf(check: Exclude<Check, { outcome: 'pass' }>): string {
  if (check.outcome !== 'fail') return check.because;
  // A parser's own sentence: "got want 4 or 5, got 7" would be hard to read.
  if (check.want === WELL_FORMED) {
    const what = check.got.startsWith('unsupported') ? '' : 'malformed ';
    return `${what}${check.path}: ${check.got}`;
  }
  const because = check.because === undefined ? '' : ` (${check.because})`;
  return `${check.path}: want ${check.want}, got ${check.got}${because}`;
}

function tcbLines(paint: Paint, tcb: TcbSummary): string[] {
  const colour = tcb.status === 'UpToDate' ? 'green' : 'yellow';
  const parts = Object.entries(tcb.components ?? {}).map(([name, status]) => `${name} ${status}`);
  return [
    ...(tcb.endorsed === false
      ? [
          paint(
            'yellow',
            'The vendor’s word on the TCB did not verify; the following is only what it says:',
          ),
        ]
      : []),
    `TCB ${paint(colour, visible(tcb.status))}, level of ${visible(tcb.date)}  ${paint('dim', visible(parts.join(' · ')))}`,
    ...(tcb.behind ?? []).map((sentence) => `  behind: ${visible(sentence)}`),
    ...(tcb.advisories.length > 0 ? [`  advisories: ${visible(tcb.advisories.join(', '))}`] : []),
  ];
}

/** Claims as an indented list, one field a line. */
export function printClaims(io: Io, claims: Claims, indent = ''): void {
  const width = Math.max(...Object.keys(claims).map((name) => name.length));
  for (const [name, value] of Object.entries(claims)) {
    printClaim(io, name, value, indent, width);
  }
}

function printClaim(io: Io, name: string, value: Claim, indent: string, width: number): void {
  const label = visible(name);
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object') && !value.some(isLong)) {
      const between = value.some((item) => String(item).includes(' ')) ? ', ' : ' ';
      io.out(`${indent}${label.padEnd(width)}  ${visible(value.join(between)) || '(none)'}\n`);
      return;
    }
    for (const [i, item] of value.entries()) printClaim(io, `${name}[${i}]`, item, indent, width);
  } else if (typeof value === 'object' && value !== null) {
    const members = value as Claims;
    const empty = Object.keys(members).length === 0;
    io.out(`${indent}${label}${empty ? '  (none)' : ''}\n`);
    if (!empty) printClaims(io, members, `${indent}  `);
  } else {
    io.out(`${indent}${label.padEnd(width)}  ${visible(String(value ?? '(not said)'))}\n`);
  }
}

/** Of 64 digests on one line nobody finds the one that differs. */
function isLong(claim: Claim): boolean {
  return typeof claim === 'string' && claim.length > 64;
}
