import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { boundaries, damageBytes, replaceAt } from '../../mutators/bytes.ts';
import { type Mutator, mutators } from '../../mutators/mutator.ts';
import type { Random } from '../../random.ts';
import type { Evidence } from '../evidence.ts';
import { type Field, REPORT_FIELDS, SIGNED_SIZE, splitReport, u32 } from '../layout.ts';
import { ORDER, otherS, SCALAR_EDGES, type Scalar, scalarOf, withScalar } from '../p384.ts';
import type { World } from '../world.ts';
import { type Change, type Changes, prefixed, type SnpMutator } from './mutator.ts';

/** A change of the 1184 bytes; what stands behind them stays. */
function inReport(change: Change): SnpMutator['apply'] {
  return (random, evidence, world) => {
    const { head, table } = splitReport(evidence.report);
    const changed = change(random, head, world);
    return changed && { ...evidence, report: concatBytes(changed, table) };
  };
}

function anyReport(random: Random, world: World): Uint8Array {
  return splitReport(random.pick(world.any.reports)).head;
}

/** A report that earlier damage cut short has fields no more. */
function fieldsOf(report: Uint8Array): readonly Field[] {
  const whole = REPORT_FIELDS.filter(({ end }) => end <= report.length);
  return whole.length > 0 ? whole : [{ name: 'everything', start: 0, end: report.length }];
}

function field(change: (random: Random, value: Uint8Array, world: World) => Uint8Array): Change {
  return (random, report, world) => {
    const { start, end } = random.pick(fieldsOf(report));
    return replaceAt(report, start, change(random, report.subarray(start, end), world));
  };
}

function scalar(change: (random: Random, value: bigint) => bigint): Change {
  return (random, report) => {
    if (report.length < 0x330) return undefined;
    const which: Scalar = random.pick(['r', 's']);
    return withScalar(report, which, change(random, scalarOf(report, which)));
  };
}

/** A byte of the signature that must be zero and that no signature covers. */
function unsignedPadding(random: Random, report: Uint8Array): Uint8Array {
  const { start, end } = random.pick(REPORT_FIELDS.slice(-5).filter(({ name }) => name.length > 1));
  return replaceAt(report, random.between(start, end - 1), Uint8Array.of(random.between(1, 255)));
}

const HARMLESS: Changes = {
  'other s': (_random, report) => otherS(report),
};

/** The report is the same to those who do not look at what must be zero, or reduce numbers. */
const REFUSED: Changes = {
  'padding of the signature': unsignedPadding,
  'a number plus the order': scalar((_random, value) => value + ORDER),
};

const CHANGES: Changes = {
  'flip a bit of a field': field((random, value) => {
    const at = random.below(value.length);
    return value.with(at, (value[at] ?? 0) ^ (1 << random.below(8)));
  }),
  'set a byte of a field': field((random, value) =>
    value.with(random.below(value.length), random.pick([0, 1, 0x7f, 0x80, 0xff])),
  ),
  'fill a field': field((random, value) => value.map(() => random.pick([0, 0xff]))),
  'reverse a field': field((_random, value) => value.toReversed()),
  'a field in the place of another': (random, report) => {
    const { start, end } = random.pick(fieldsOf(report));
    return replaceAt(report, random.pick(fieldsOf(report)).start, report.slice(start, end));
  },
  'field of another report': (random, report, world) => {
    const { start, end } = random.pick(fieldsOf(report));
    return replaceAt(report, start, anyReport(random, world).subarray(start, end));
  },
  'fields of another report': (random, report, world) => {
    const donor = anyReport(random, world);
    return fieldsOf(report)
      .filter(() => random.oneIn(2))
      .reduce((out, { start, end }) => replaceAt(out, start, donor.subarray(start, end)), report);
  },
  'another version': (random, report) =>
    replaceAt(report, 0, u32(random.pick([0, 1, 2, 3, 4, 5, 6, 7, 255, 0x105, 0x05000000]))),
  'another signer': (random, report) =>
    replaceAt(report, 0x48, u32(random.pick([0, 1, 2, 3, 4, 8, 0x1c, 0x20, 2 ** 31]))),
  'another processor': (random, report) =>
    replaceAt(report, 0x188, Uint8Array.of(random.pick([0x17, 0x19, 0x1a]), random.below(256))),
  'a masked chip': (_random, report) => replaceAt(report, 0x1a0, new Uint8Array(64)),
  'a signature of another report': (random, report, world) =>
    replaceAt(report, SIGNED_SIZE, anyReport(random, world).subarray(SIGNED_SIZE)),
  'an edge value in the signature': scalar((random) => random.pick(SCALAR_EDGES)),
  'r and s exchanged': (_random, report) => {
    if (report.length < 0x330) return undefined;
    const [r, s] = [scalarOf(report, 'r'), scalarOf(report, 's')];
    return withScalar(withScalar(report, 'r', s), 's', r);
  },
  'the other byte order': (random, report) => {
    const at = random.pick([0x2a0, 0x2e8]);
    return replaceAt(report, at, report.slice(at, at + random.pick([48, 72])).reverse());
  },
  'another length': (random, report) =>
    random.oneIn(2)
      ? report.slice(0, Math.max(0, report.length - random.pick([1, 2, 16, 512, 600])))
      : concatBytes(report, random.bytes(random.pick([1, 8, 23, 24, 25]))),
  'cut at a border': (random, report) => {
    const { start, end } = random.pick(fieldsOf(report));
    return report.slice(0, Math.max(0, random.pick([start, end]) + random.between(-1, 1)));
  },
  'damage anywhere': damageBytes,
  'a number at its bounds': (random, report) => {
    const at = random.pick([0x00, 0x04, 0x30, 0x34, 0x48]);
    return replaceAt(report, at, u32(random.pick(boundaries(report[at] ?? 0))));
  },
};

/** Of another machine or moment, unchanged: nothing was forged, yet it may not fit. */
const EXCHANGED: readonly Mutator<Evidence, World>[] = [
  {
    name: 'report: another one',
    effect: 'any',
    apply: (random, evidence, world) => {
      const { table } = splitReport(evidence.report);
      return { ...evidence, report: concatBytes(anyReport(random, world), table) };
    },
  },
  {
    name: 'report: another one with its table',
    effect: 'any',
    apply: (random, evidence, world) => ({ ...evidence, report: random.pick(world.any.reports) }),
  },
  {
    name: 'report: hardly anything',
    effect: 'any',
    apply: (random, evidence) => ({ ...evidence, report: random.bytes(random.below(80)) }),
  },
];

export const REPORT_MUTATORS: readonly SnpMutator[] = [
  ...mutators('harmless', prefixed('report', HARMLESS), inReport),
  ...mutators('refused', prefixed('report', REFUSED), inReport),
  ...mutators('any', prefixed('report', CHANGES), inReport),
  ...EXCHANGED,
];
