import { Fault } from '../core/fault.ts';
import { cpuidText } from '../evidence/snp/floors/bulletin.ts';
import { FLOORS_AS_OF } from '../evidence/snp/floors/bulletins.ts';
import { floorClaims } from '../evidence/snp/floors/claims.ts';
import { type BulletinState, floorInput, judgeFloors } from '../evidence/snp/floors/judge.ts';
import { PRODUCT_LINES, type ProductLine, productOf } from '../evidence/snp/product.ts';
import { parseSnpReport, type SnpReport } from '../evidence/snp/report.ts';
import { decodeEvidence } from './input.ts';
import { type Io, usage } from './io.ts';
import { type Colour, painter } from './paint.ts';
import { printJson } from './render.ts';
import { floorTable, printFloorTable, printWeaknesses, tcbText } from './snp-floor-table.ts';
import type { Args, Verb } from './verb.ts';

const LINES = Object.keys(PRODUCT_LINES) as ProductLine[];

export const snpFloorsVerb: Verb = {
  name: 'snp floors',
  summary: 'List the minimum TCBs of AMD’s bulletins, or hold a report against them.',
  operands: '[<report>]',
  arity: { min: 0, max: 1 },
  options: {
    product: {
      value: `<${LINES.join('|')}>`,
      help: 'list this product line only; with a report: its line, where the report names no processor (version 2)',
    },
  },
  notes: [
    `The table is of ${FLOORS_AS_OF} and at second hand: AMD publishes it as pages for people. A report is 1184 bytes, binary, hex or base64; - reads standard input.`,
    'The report is read, not verified: whether its TCB is to be believed, verify snp says.',
    'Exit code: 0 the TCB is below no known minimum, 1 it is below one. Undecided is not below.',
  ],
  run: async (io, args) => {
    const asked = readLine(args);
    const path = args.operands[0];
    if (path === undefined) {
      const table = floorTable(asked === undefined ? LINES : [asked]);
      if (args.has('json')) printJson(io, table);
      else printFloorTable(io, table);
      return 0;
    }
    const report = parseSnpReport(decodeEvidence(await io.readFile(path)));
    const line = lineOf(report, asked);
    const states = judgeFloors(floorInput(report, line));
    if (args.has('json')) printJson(io, judgedJson(report, line, states));
    else printJudged(io, report, line, states);
    return states.some(({ state }) => state === 'below') ? 1 : 0;
  },
};

function readLine(args: Args): ProductLine | undefined {
  const name = args.one('product');
  if (name === undefined) return undefined;
  const line = LINES.find((known) => known === name);
  if (line === undefined) {
    throw usage(`--product: want ${LINES.join(', ')}, got ${JSON.stringify(name)}`);
  }
  return line;
}

/** The report's own word goes first; nobody's word against it makes it another processor. */
function lineOf({ cpuid }: SnpReport, asked: ProductLine | undefined): ProductLine {
  if (cpuid === undefined) {
    if (asked !== undefined) return asked;
    throw usage('this report names no processor (version 2): say --product');
  }
  const product = productOf(cpuid);
  if (product?.line === undefined) {
    throw new Fault(
      'unsupported',
      'report.cpuid',
      `no floors for processor ${cpuidText(cpuid)}${product ? ` (${product.name})` : ''}`,
    );
  }
  if (asked !== undefined && asked !== product.line) {
    throw usage(`--product: the report says ${product.name}, which is not ${asked}`);
  }
  return product.line;
}

function judgedJson(report: SnpReport, line: ProductLine, states: readonly BulletinState[]) {
  return {
    product: line,
    cpuid: report.cpuid ?? null,
    reportedTcb: floorInput(report, line).reportedTcb,
    verified: false,
    ...floorClaims(line, states),
  };
}

const COLOURS = {
  'at-or-above': 'green',
  below: 'red',
  undecided: 'yellow',
  withdrawn: 'dim',
} as const satisfies Record<BulletinState['state'], Colour>;

function printJudged(
  io: Io,
  report: SnpReport,
  line: ProductLine,
  states: readonly BulletinState[],
): void {
  const paint = painter(io.colours);
  const cpu = report.cpuid ? `processor ${cpuidText(report.cpuid)}` : 'processor not named';
  const tcb = tcbText(floorInput(report, line).reportedTcb);
  io.out(`${PRODUCT_LINES[line].name}, ${cpu}, reported TCB ${tcb}; not verified\n`);
  io.out(`Held against AMD’s bulletins as of ${FLOORS_AS_OF}:\n\n`);
  for (const { id, title, state, because, also } of states) {
    io.out(`${paint(COLOURS[state], state.padEnd(11))} ${id}  ${paint('dim', title)}\n`);
    for (const text of [because, ...also]) io.out(`            ${text}\n`);
  }
  printWeaknesses(io, line);
}
