import type { Check } from '../evidence/verdict.ts';
import type { Verification } from '../evidence/verification.ts';
import type { Io } from './io.ts';
import { type Paint, painter } from './paint.ts';
import {
  checkLine,
  MARKS,
  printClaims,
  printJson,
  VERDICT_COLOURS,
  verdictLine,
  verificationJson,
} from './render.ts';
import type { Args, Options } from './verb.ts';
import { visible } from './visible.ts';

/** An answer that rests on answers of its own. */
export interface WithParts extends Verification {
  readonly parts?: readonly WithParts[];
}

export const CHECKS_OPTION: Options = {
  checks: {
    help: 'of several pieces, print every check of each, not only those that did not pass',
  },
};

/** DESIGN's JSON object, and the same for each part, all the way down. */
export function treeJson(result: WithParts): object {
  const { parts } = result;
  return { ...verificationJson(result), ...(parts && { parts: parts.map(treeJson) }) };
}

/**
 * The whole, then a line a part: what it is, and what is not well about it. The verdict comes
 * last, where one looks for it.
 */
export function printTree(
  io: Io,
  args: Args,
  result: WithParts,
  asks: (id: string) => string,
  notes: readonly string[] = [],
): void {
  if (args.has('json')) {
    printJson(io, treeJson(result));
    return;
  }
  const paint = painter(io.colours);
  for (const line of linesOf(result.checks, args, paint, asks)) io.out(`${line}\n`);
  const parts = result.parts ?? [];
  for (const [i, part] of parts.entries()) {
    printPart(io, args, part, asks, paint, {
      label: labelOf(parts, i),
      last: i === parts.length - 1,
    });
  }
  if (notes.length > 0) io.out('\n');
  for (const note of notes) io.out(`${paint('yellow', 'note')}  ${visible(note)}\n`);
  io.out(verdictLine(io, result));
  if (args.has('claims')) {
    io.out('\n');
    printClaims(io, result.claims);
    for (const [i, part] of parts.entries()) {
      io.out(`\n${labelOf(parts, i)}\n`);
      printClaims(io, part.claims, '  ');
    }
  }
}

/** Kind and, where there are several of it, which one. */
function labelOf(parts: readonly WithParts[], i: number): string {
  const kind = parts[i]?.evidence;
  const alike = parts.filter(({ evidence }) => evidence === kind);
  if (alike.length < 2) return `${kind}`;
  return `${kind} ${parts.slice(0, i).filter(({ evidence }) => evidence === kind).length}`;
}

function printPart(
  io: Io,
  args: Args,
  part: WithParts,
  asks: (id: string) => string,
  paint: Paint,
  { label, last }: { readonly label: string; readonly last: boolean },
): void {
  const [branch, stem] = last ? ['└─', '  '] : ['├─', '│ '];
  const verdict = paint(VERDICT_COLOURS[part.verdict], part.verdict);
  const facts = [part.authentic ? 'authentic' : 'not shown to be authentic', ...factsOf(part)];
  io.out(`${branch} ${visible(label)}  ${verdict}  ${visible(facts.join(' · '))}\n`);
  for (const line of linesOf(part.checks, args, paint, asks)) io.out(`${stem}   ${line}\n`);
}

function linesOf(
  checks: readonly Check[],
  args: Args,
  paint: Paint,
  asks: (id: string) => string,
): readonly string[] {
  const shown = args.has('checks') ? checks : checks.filter(({ outcome }) => outcome !== 'pass');
  const passed = checks.length - shown.length;
  return [
    ...shown.map((check) => checkLine(paint, check, asks(check.id))),
    ...(passed > 0 ? [`${paint(...MARKS.pass)} ${paint('dim', `${passed} checks passed`)}`] : []),
  ];
}

/** What tells one piece from another, of whatever kind it is. */
const TELLING = ['hwModel', 'driver', 'vbios', 'bios', 'ueid', 'mrTd', 'measurement', 'chipId'];

function factsOf({ claims, tcb }: WithParts): readonly string[] {
  const facts = TELLING.filter((name) => Object.hasOwn(claims, name)).map((name) => {
    const value = String(claims[name]);
    return `${name} ${value.length > 50 ? `${value.slice(0, 16)}…` : value}`;
  });
  return [...(tcb ? [`TCB ${tcb.status}`] : []), ...facts];
}
