import { treeJson, type WithParts } from '../appraisal/result/result-json.ts';
import type { Check } from '../evidence/verdict.ts';
import type { Claim } from '../evidence/verification.ts';
import { policyNotes } from './decision.ts';
import type { Io } from './io.ts';
import { compared } from './nvidia-facts.ts';
import { outermostJson } from './outermost.ts';
import { type Paint, painter } from './paint.ts';
import { ranges } from './ranges.ts';
import {
  checkLine,
  MARKS,
  printClaims,
  printJson,
  reasonOf,
  VERDICT_COLOURS,
  verdictLine,
} from './render.ts';
import type { Args, Options } from './verb.ts';
import { visible } from './visible.ts';

export const CHECKS_OPTION: Options = {
  checks: {
    help: 'of several pieces, print every check of each, not only those that did not pass',
  },
};

/**
 * The whole, then each part: what it is, and what is not well about it. The verdict comes
 * last, where one looks for it.
 *
 * @param more members of the JSON object that are about no result in itself.
 */
export function printTree(
  io: Io,
  args: Args,
  result: WithParts,
  asks: (id: string) => string,
  notes: readonly string[] = [],
  more: Readonly<Record<string, Claim>> = {},
): void {
  if (args.has('json')) {
    printJson(io, { ...treeJson(result), ...outermostJson(args, result, notes), ...more });
    return;
  }
  const paint = painter(io.colours);
  const parts = labelled(result.parts ?? []);
  const answers = answersShown(args, paint, asks);
  const passed = passedOf(result);
  for (const line of answers(result)) io.out(`${line}\n`);
  if (passed > 0 && !args.has('checks')) {
    io.out(`${paint(...MARKS.pass)} ${paint('dim', `${count(passed, 'check')} passed`)}\n`);
  }
  const ofParts = args.has('checks') ? answers : saidOnce(parts, answers);
  for (const line of partLines(parts, paint, ofParts)) io.out(`${line}\n`);
  const said = [...notes, ...policyNotes(result)];
  if (said.length > 0) io.out('\n');
  for (const note of said) io.out(`${paint('yellow', 'note')}  ${visible(note)}\n`);
  io.out(verdictLine(io, result));
  if (args.has('claims')) {
    io.out('\n');
    printClaims(io, result.claims);
    for (const { label, part } of parts) {
      io.out(`\n${label}\n`);
      printClaims(io, part.claims, '  ');
    }
  }
}

interface Labelled {
  /** By which the checks of the whole speak of it. */
  readonly name: string;
  readonly label: string;
  readonly part: WithParts;
}

function labelled(parts: readonly WithParts[]): readonly Labelled[] {
  const devices = parts.filter(isDevice);
  return parts.map((part) => {
    const { evidence } = part;
    if (!isDevice(part)) return { name: evidence, label: evidence, part };
    const name = `device ${devices.indexOf(part)}`;
    return { name, label: `${name}, ${evidence}`, part };
  });
}

function isDevice({ evidence }: WithParts): boolean {
  return evidence === 'nvidia-gpu' || evidence === 'nvidia-switch';
}

type Lines = (result: WithParts) => readonly string[];

/** Two lines a part, and below them what did not pass. */
function partLines(parts: readonly Labelled[], paint: Paint, answers: Lines): readonly string[] {
  const labels = Math.max(...parts.map(({ label }) => label.length));
  const verdicts = Math.max(...parts.map(({ part }) => part.verdict.length));
  return parts.flatMap(({ label, part }, i) => {
    const [branch, stem] = i < parts.length - 1 ? ['├─', '│ '] : ['└─', '  '];
    const verdict = paint(VERDICT_COLOURS[part.verdict], part.verdict.padEnd(verdicts));
    return [
      `${branch} ${label.padEnd(labels)}  ${verdict}  ${visible(summaryOf(part))}`,
      ...[...factLines(part), ...answers(part)].map((line) => `${stem}   ${line}`),
    ];
  });
}

/** What is to be said of several devices stands below the first of them, with their numbers. */
function saidOnce(parts: readonly Labelled[], answers: Lines): Lines {
  const devices = parts.map(({ part }) => part).filter(isDevice);
  const said = new Map<string, number[]>();
  for (const [i, device] of devices.entries()) {
    for (const line of answers(device)) said.set(line, [...(said.get(line) ?? []), i]);
  }
  return (part) => {
    const own = devices.indexOf(part);
    const lines = answers(part);
    if (own < 0) return lines;
    const heads = new Map<string, string[]>();
    for (const line of lines) {
      const numbers = said.get(line) ?? [];
      if (numbers[0] !== own) continue;
      const head = numbers.length > 1 ? `devices ${ranges(numbers)}:` : '';
      heads.set(head, [...(heads.get(head) ?? []), line]);
    }
    return [...heads].flatMap(([head, below]) => (head === '' ? below : [head, ...below]));
  };
}

function summaryOf(part: WithParts): string {
  const { authentic, checks, claims, tcb } = part;
  return [
    authentic ? 'authentic' : 'not shown to be authentic',
    ...(tcb ? [`TCB ${tcb.status}`] : []),
    ...(Object.hasOwn(claims, 'hwModel') ? [shortened(claims['hwModel'])] : []),
    `${passedOf(part)} of ${count(checks.length, 'check')} passed`,
  ].join(' · ');
}

function passedOf({ checks }: WithParts): number {
  return checks.filter(({ outcome }) => outcome === 'pass').length;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function answersShown(args: Args, paint: Paint, asks: (id: string) => string): Lines {
  const line = (check: Check) => checkLine(paint, check, asks(check.id));
  return ({ checks }) =>
    args.has('checks') ? checks.map(line) : ofOneReason(checks).map((check) => line(check));
}

/** Those that did not pass; several that stay open for one and the same reason as one. */
function ofOneReason(checks: readonly Check[]): readonly Check[] {
  const merged = new Map<string, Check>();
  for (const check of checks) {
    if (check.outcome === 'pass') continue;
    const key = `${check.outcome} ${reasonOf(check)}`;
    const before = merged.get(key);
    merged.set(key, before ? { ...before, id: `${before.id}, ${check.id}` } : check);
  }
  return [...merged.values()];
}

/** What tells one piece from another, of whatever kind it is. */
const TELLING = [
  'ueid',
  'driver',
  'vbios',
  'bios',
  'mode',
  'mrTd',
  'measurement',
  'chipId',
  'issuer',
];

/** Of a line: the stem of the tree stands before it. */
const FACTS_WIDTH = 95;

function factLines({ claims }: WithParts): readonly string[] {
  const lines: string[] = [];
  const telling = TELLING.filter((name) => Object.hasOwn(claims, name));
  const facts = telling.map((name) => `${name} ${shortened(claims[name])}`);
  for (const fact of [...facts, ...compared(claims)].map(visible)) {
    const line = lines.at(-1);
    const longer = line === undefined ? fact : `${line} · ${fact}`;
    if (line === undefined || longer.length > FACTS_WIDTH) lines.push(fact);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** A serial of 20 bytes in decimal is the longest that is shown in full. */
function shortened(claim: Claim | undefined): string {
  const value = String(claim);
  return value.length > 50 ? `${value.slice(0, 16)}…` : value;
}
