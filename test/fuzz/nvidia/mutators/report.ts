import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { P384_ORDER } from '../../../../src/simulator/p384-keys.ts';
import { boundaries, damageBytes, replaceAt } from '../../mutators/bytes.ts';
import { mutators } from '../../mutators/mutator.ts';
import type { Random } from '../../random.ts';
import { bigEndian, numberOf, otherS, SCALAR_EDGES, SIGNATURE_SIZE } from '../p384.ts';
import { type Change, type Changes, inPiece, type NvidiaMutator, prefixed } from './mutator.ts';

const RECORD_AT = 45;
const BLOCK_SIZE = 55;
/** Request, response as far as the record, and both nonces. */
const REGIONS = { nonce: 4, slot: 36, response: 37, count: 41, length: 42 } as const;

function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >> 8) & 255);
}

/** Where the opaque data begins in a report that its lengths describe. */
function opaqueAt(report: Uint8Array): number | undefined {
  const at = RECORD_AT + u16At(report, 42) + 32 + 2;
  return at + u16At(report, at - 2) + SIGNATURE_SIZE === report.length ? at : undefined;
}

interface Field {
  readonly type: number;
  /** Written behind a header only. */
  readonly valueType: number;
  readonly data: Uint8Array;
}

/** What stands before the fields: nothing, or what says that each has a value type. */
interface Opaque {
  readonly header: Uint8Array;
  readonly fields: readonly Field[];
}

const HEADER_SIZE = 12;
const HEADER = Buffer.from('NVDAOD\0\0\x02\0\0\0', 'latin1');

function opaqueOf(bytes: Uint8Array): Opaque {
  const versioned = Buffer.from(bytes.subarray(0, 6)).toString('latin1') === 'NVDAOD';
  const fields: Field[] = [];
  const [start, head] = versioned ? [HEADER_SIZE, 6] : [0, 4];
  for (let at = start; at + head <= bytes.length; ) {
    const size = u16At(bytes, at + head - 2);
    const valueType = versioned ? u16At(bytes, at + 2) : 0;
    const data = bytes.subarray(at + head, at + head + size);
    fields.push({ type: u16At(bytes, at), valueType, data });
    at += head + size;
  }
  return { header: bytes.subarray(0, start), fields };
}

function written({ header, fields }: Opaque): Uint8Array {
  const versioned = header.length > 0;
  return concatBytes(
    header,
    ...fields.map(({ type, valueType, data }) =>
      concatBytes(u16(type), versioned ? u16(valueType) : new Uint8Array(), u16(data.length), data),
    ),
  );
}

/** Other opaque data, its length right again. */
function opaque(change: (random: Random, opaque: Opaque) => Opaque): Change {
  return (random, report) => {
    const at = opaqueAt(report);
    if (at === undefined) return undefined;
    const end = report.length - SIGNATURE_SIZE;
    const bytes = written(change(random, opaqueOf(report.subarray(at, end))));
    if (bytes.length > 0xffff) return undefined;
    return concatBytes(report.subarray(0, at - 2), u16(bytes.length), bytes, report.subarray(end));
  };
}

/** Other opaque fields in the layout that they are in. */
function fields(change: (random: Random, fields: readonly Field[]) => readonly Field[]): Change {
  return opaque((random, { header, fields: all }) => ({ header, fields: change(random, all) }));
}

function oneField(change: (random: Random, field: Field) => Field): Change {
  return fields((random, all) => {
    const at = random.below(all.length);
    const one = all[at];
    return one ? all.with(at, change(random, one)) : all;
  });
}

const VALUE_TYPES = [0, 1, 2, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x187];

const OPAQUE_CHANGES: Changes = {
  'behind a header': opaque((random, { fields: all }) => ({
    header: HEADER,
    fields: all.map((field) => ({ ...field, valueType: random.pick(VALUE_TYPES) })),
  })),
  'without a header': opaque((_random, { fields: all }) => ({
    header: new Uint8Array(),
    fields: all,
  })),
  'another header': opaque((random, { fields: all }) => ({
    header: random.oneIn(2) ? damageBytes(random, HEADER) : HEADER.subarray(0, random.below(12)),
    fields: all,
  })),
  'another version': opaque((random, { fields: all }) => ({
    header: replaceAt(HEADER, random.between(6, 11), random.bytes(1)),
    fields: all,
  })),
  'another value type': oneField((random, field) => ({
    ...field,
    valueType: random.pick(VALUE_TYPES),
  })),
  'a field less': fields((random, all) => all.toSpliced(random.below(all.length), 1)),
  'a field twice': fields((random, all) => [...all, random.pick(all)]),
  'fields in another order': fields((random, all) => random.shuffled(all)),
  'a field that nobody knows': fields((random, all) => [
    ...all,
    {
      type: random.pick([0, 28, 31, 37, 38, 255, 0xffff]),
      valueType: random.pick(VALUE_TYPES),
      data: random.bytes(random.below(40)),
    },
  ]),
  'very many fields': fields((random, all) => [
    ...all,
    ...Array.from({ length: random.pick([50, 110, 130, 9_000]) }, (_, i) => ({
      type: 1_000 + i,
      valueType: 0x82,
      data: new Uint8Array(),
    })),
  ]),
  'a field of another type': oneField((random, field) => ({ ...field, type: random.below(40) })),
  'a field of another size': oneField((random, { data, ...field }) => ({
    ...field,
    data: random.oneIn(2)
      ? data.subarray(0, random.below(data.length))
      : concatBytes(data, random.bytes(random.between(1, 9))),
  })),
  'other data in a field': oneField((random, { data, ...field }) => ({
    ...field,
    data: damageBytes(random, data),
  })),
  'a field filled': oneField((random, { data, ...field }) => ({
    ...field,
    data: data.map(() => random.pick([0, 0x20, 0x2f, 0x55, 0xaa, 0xff])),
  })),
};

const BLOCK_CHANGES: Changes = {
  'blocks exchanged': (random, report) => {
    const [a, b] = [0, 1].map(() => RECORD_AT + BLOCK_SIZE * random.below(report[41] ?? 0));
    if (a === undefined || b === undefined) return undefined;
    const block = (at: number) => report.slice(at, at + BLOCK_SIZE);
    return replaceAt(replaceAt(report, a, block(b)), b, block(a));
  },
  'another index': (random, report) =>
    replaceAt(
      report,
      RECORD_AT + BLOCK_SIZE * random.below(report[41] ?? 0),
      Uint8Array.of(random.below(256)),
    ),
  'a number of a block': (random, report) => {
    const at =
      RECORD_AT + BLOCK_SIZE * random.below(report[41] ?? 0) + random.pick([1, 2, 3, 4, 5, 6]);
    return replaceAt(report, at, Uint8Array.of(random.pick([0, 1, 2, 48, 51, 0x80, 0xff])));
  },
  'a measurement': (random, report) => {
    const at = RECORD_AT + BLOCK_SIZE * random.below(report[41] ?? 0) + 7 + random.below(48);
    return replaceAt(report, at, random.bytes(1));
  },
  'a block less': (_random, report) => {
    const count = report[41] ?? 0;
    const length = u16(BLOCK_SIZE * (count - 1));
    const end = RECORD_AT + BLOCK_SIZE * count;
    if (count === 0 || end > report.length) return undefined;
    return concatBytes(
      report.subarray(0, 41),
      Uint8Array.of(count - 1, ...length, 0),
      report.subarray(RECORD_AT, end - BLOCK_SIZE),
      report.subarray(end),
    );
  },
};

function signature(change: (random: Random, value: Uint8Array) => Uint8Array): Change {
  return (random, report) => {
    const end = report.length - SIGNATURE_SIZE;
    if (end < 0) return undefined;
    return concatBytes(report.subarray(0, end), change(random, report.subarray(end)));
  };
}

function scalar(change: (random: Random, value: bigint) => bigint): Change {
  return signature((random, value) => {
    const at = random.pick([0, 48]);
    const fresh = change(random, numberOf(value.subarray(at, at + 48)));
    return fresh < 2n ** 384n ? replaceAt(value, at, bigEndian(fresh)) : value;
  });
}

const SIGNATURE_CHANGES: Changes = {
  'flip a bit': signature((random, value) => {
    const at = random.below(value.length);
    return value.with(at, (value[at] ?? 0) ^ (1 << random.below(8)));
  }),
  'r and s exchanged': signature((_random, value) =>
    concatBytes(value.subarray(48), value.subarray(0, 48)),
  ),
  reversed: signature((_random, value) => value.toReversed()),
  'an edge value': scalar((random) => random.pick(SCALAR_EDGES)),
  'less the order': scalar((_random, value) => P384_ORDER - (value % P384_ORDER)),
  'of another report': (random, report, { honest }) =>
    concatBytes(
      report.subarray(0, -SIGNATURE_SIZE),
      random.pick(honest).report.subarray(-SIGNATURE_SIZE),
    ),
  'another length': signature((random, value) => value.subarray(0, random.below(96))),
  'a stranger’s': (_random, report, { stranger }) => {
    const signed = report.subarray(0, Math.max(0, report.length - SIGNATURE_SIZE));
    return concatBytes(signed, stranger.sign(signed));
  },
};

const CHANGES: Changes = {
  'damage anywhere': damageBytes,
  'flip a bit': (random, report) => {
    const at = random.below(report.length);
    return report.with(at, (report[at] ?? 0) ^ (1 << random.below(8)));
  },
  'a number at its bounds': (random, report) => {
    const at = random.pick([REGIONS.count, REGIONS.length, (opaqueAt(report) ?? 2) - 2]);
    const value = random.pick(boundaries(u16At(report, at)));
    return replaceAt(report, at, at === REGIONS.count ? Uint8Array.of(value & 255) : u16(value));
  },
  'the length of the record beyond 64 KiB': (random, report) =>
    replaceAt(report, 44, Uint8Array.of(random.between(1, 255))),
  'a code': (random, report) =>
    replaceAt(report, random.pick([0, 1, 2, 3, 36, 37, 38, 39, 40]), random.bytes(1)),
  'another nonce': (random, report) => replaceAt(report, REGIONS.nonce, random.bytes(32)),
  'the device’s own random as the nonce': (_random, report) => {
    const at = (opaqueAt(report) ?? 0) - 34;
    return at < 0 ? undefined : replaceAt(report, REGIONS.nonce, report.slice(at, at + 32));
  },
  'a tail': (random, report) => concatBytes(report, random.bytes(random.between(1, 4))),
  'a NUL behind': (_random, report) => concatBytes(report, Uint8Array.of(0)),
  'cut anywhere': (random, report) => report.slice(0, random.below(report.length)),
  'the request alone': (_random, report) => report.slice(0, 37),
  'without the request': (_random, report) => report.slice(37),
  twice: (_random, report) => concatBytes(report, report),
  'another report': (random, _report, { honest }) => random.pick(honest).report,
  'a long one': (random, report) => concatBytes(report, new Uint8Array(random.below(120_000))),
  'hardly anything': (random) => random.bytes(random.below(60)),
};

/** A stranger's own report, which a check further on must refuse, changed and signed again. */
function strangers(change: Change): NvidiaMutator['apply'] {
  return (random, evidence, world) => {
    const { evidence: own, sign } = world.stranger;
    const changed = change(random, own.report, world);
    if (changed === undefined || changed.length < SIGNATURE_SIZE) return undefined;
    const signed = changed.subarray(0, -SIGNATURE_SIZE);
    const report = concatBytes(signed, sign(signed));
    return { ...evidence, report, chain: own.chain };
  };
}

const HARMLESS: Changes = { 'other s': signature((_random, value) => otherS(value)) };

/** Nothing asked, or nothing done: so that good evidence comes between the bad. */
const ASKED: Readonly<Record<string, NvidiaMutator['apply']>> = {
  'no nonce asked': (_random, { asked: { nonce: _, ...asked }, ...evidence }) => ({
    ...evidence,
    asked,
  }),
  nothing: (_random, evidence) => evidence,
};

export const REPORT_MUTATORS: readonly NvidiaMutator[] = [
  ...mutators('harmless', prefixed('report', HARMLESS), inPiece('report')),
  ...mutators('harmless', ASKED, (apply: NvidiaMutator['apply']) => apply),
  ...mutators('any', prefixed('report', CHANGES), inPiece('report')),
  ...mutators('any', prefixed('blocks', BLOCK_CHANGES), inPiece('report')),
  ...mutators('any', prefixed('opaque', OPAQUE_CHANGES), inPiece('report')),
  ...mutators('any', prefixed('signature', SIGNATURE_CHANGES), inPiece('report')),
];

/** Of nobody who is known, and read as far as anybody's. */
export const STRANGER_MUTATORS: readonly NvidiaMutator[] = [
  ...mutators('any', prefixed('a stranger’s blocks', BLOCK_CHANGES), strangers),
  ...mutators('any', prefixed('a stranger’s opaque', OPAQUE_CHANGES), strangers),
];
