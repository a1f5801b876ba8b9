import { toHex } from '../../../src/core/bytes/hex.ts';
import { type Files, files, honest, postern } from '../fake-io.ts';

const { boot } = honest.plan.logs;

export const EVENTS = boot.map(({ rtmr, type, digest, data }) => ({
  mr: rtmr + 1,
  type,
  digestSha384: toHex(digest),
  dataLength: data.length,
}));

/** What the cases below are about, in a folder with the manifest. */
const VECTORS: Files = {
  ...Object.fromEntries(Object.entries(files).map(([name, file]) => [`v/${name}`, file])),
  'v/events.json': JSON.stringify(EVENTS),
  'v/input.json': '{ "b": 1.0, "a": [] }',
  'v/output.json': '{"a":[],"b":1}',
  'v/report-data': honest.plan.quote.body.reportData,
};

type Case = Readonly<Record<string, unknown>>;

const common = { at: '2026-06-01T00:00:00Z', trust: 'test-root', trustFile: 'root.der' };

/** One conforming case of every kind. */
export const QUOTE: Case = {
  id: 'quote',
  files: { quote: 'quote', collateral: 'collateral.json', nonce: 'report-data', ccel: 'ccel' },
  ...common,
  expect: {
    verdict: 'accept',
    tcbStatus: 'UpToDate',
    platformStatus: 'UpToDate',
    moduleStatus: 'UpToDate',
    qeStatus: 'UpToDate',
    advisories: [],
    failed: [],
    unresolved: [],
    fields: { fmspc: 'f0806f000000', quoteVersion: 4, tcbEvaluationDataNumber: 20 },
  },
};
export const COLLATERAL: Case = {
  id: 'collateral',
  files: { collateral: 'collateral.json' },
  ...common,
  expect: { verdict: 'accept', fields: { fmspc: 'f0806f000000' } },
};
export const LOG: Case = {
  id: 'log',
  files: { ccel: 'ccel', events: 'events.json' },
  at: null,
  trust: 'none',
  expect: { verdict: 'accept', fields: { eventCount: EVENTS.length } },
};
export const JCS: Case = {
  id: 'jcs',
  files: { input: 'input.json', output: 'output.json' },
  at: null,
  trust: 'none',
  expect: { verdict: 'accept' },
};

/** A case with another expectation, or with other members. */
export function expecting(wanted: Case, testCase: Case = QUOTE): Case {
  return { ...testCase, expect: { ...(testCase['expect'] as object), ...wanted } };
}

export interface Line {
  readonly id: string;
  readonly verdict?: string;
  readonly differs: readonly string[];
}

/** Runs a manifest for people and for machines; the two agree, or the test fails. */
export async function conformance(manifest: unknown, more: Files = {}) {
  const text = manifest instanceof Uint8Array ? manifest : JSON.stringify(manifest);
  const all = { ...VECTORS, ...more, 'v/manifest.json': text };
  const human = await postern(['conformance', 'v/manifest.json'], all);
  const machine = await postern(['conformance', 'v/manifest.json', '--json'], all);
  if (human.exit !== machine.exit || human.err !== machine.err) throw new Error('they disagree');
  const lines = machine.out.split('\n').filter((line) => line !== '');
  const reports: Line[] = lines.map((line) => JSON.parse(line));
  return { exit: human.exit, out: human.out, err: human.err, reports };
}
