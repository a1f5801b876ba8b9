import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { boundaries, damageBytes, replaceAt } from '../../mutators/bytes.ts';
import { mutators } from '../../mutators/mutator.ts';
import type { Random } from '../../random.ts';
import { type Entry, fromHexText, GUID, splitReport, tableOf, u32 } from '../layout.ts';
import { hexOf } from '../pieces.ts';
import { type Change, type Changes, prefixed, type SnpMutator } from './mutator.ts';
import { tableEntries } from './slots.ts';

type EntriesChange = (random: Random, entries: readonly Entry[]) => readonly Entry[];

const ROW = 24;

/** A change of the bytes behind the report. */
function inTable(change: Change): SnpMutator['apply'] {
  return (random, evidence, world) => {
    const { head, table } = splitReport(evidence.report);
    if (table.length === 0) return undefined;
    const changed = change(random, table, world);
    return changed && { ...evidence, report: concatBytes(head, changed) };
  };
}

/** A change of what stands in it, rows and lengths right again. */
function entries(
  change: EntriesChange,
  form: (random: Random) => Parameters<typeof tableOf>[1] = () => ({}),
) {
  return (random: Random, bytes: Uint8Array): Uint8Array | undefined => {
    const found = tableEntries(concatBytes(new Uint8Array(1184), bytes));
    return found.length === 0 ? undefined : tableOf(change(random, found), form(random));
  };
}

const same: EntriesChange = (_random, found) => found;

/** An offset or a length of one of the rows, whatever they say. */
function number(change: (random: Random, value: number, size: number) => number): Change {
  return (random, table) => {
    const rows = tableEntries(concatBytes(new Uint8Array(1184), table)).length;
    if (rows === 0) return undefined;
    const at = ROW * random.below(rows + 1) + random.pick([16, 20]);
    const value = new DataView(table.buffer, table.byteOffset).getUint32(at, true);
    return replaceAt(table, at, u32(change(random, value, table.length)));
  };
}

function unknownEntry(random: Random): Entry {
  return { guid: hexOf(random.bytes(16)), data: random.bytes(random.between(1, 100)) };
}

/** The first three parts of a GUID in the other byte order. */
function mixedEndian(guid: string): string {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return order.map((at) => guid.slice(2 * at, 2 * at + 2)).join('');
}

const HARMLESS: Changes = {
  'zeros behind': (random, table) => concatBytes(table, new Uint8Array(random.below(9_000))),
  'zeros between entries': entries(same, (random) => ({ gap: random.below(64) })),
  'no zeros': entries(same),
  'entries in another order': entries((random, found) => random.shuffled(found)),
  'bytes in another order than rows': (random, table) => {
    const found = tableEntries(concatBytes(new Uint8Array(1184), table));
    return found.length === 0 ? undefined : rowsApart(random, found);
  },
  'an unknown entry': entries((random, found) =>
    found.toSpliced(random.below(found.length + 1), 0, unknownEntry(random)),
  ),
};

function rowsApart(random: Random, found: readonly Entry[]): Uint8Array {
  const placed = random.shuffled(found);
  const starts = new Map<string, number>();
  let at = ROW * (found.length + 1);
  for (const { guid, data } of placed) {
    starts.set(guid, at);
    at += data.length;
  }
  const rows = found.map(({ guid, data }) =>
    concatBytes(fromHexText(guid), u32(starts.get(guid) ?? 0), u32(data.length)),
  );
  return concatBytes(...rows, new Uint8Array(ROW), ...placed.map(({ data }) => data));
}

/** Readers would differ about where an entry is, how long, or which of two counts. */
const REFUSED: Changes = {
  'an entry twice': entries((random, found) => [...found, random.pick(found)]),
  'two rows of the same bytes': (_random, table) => {
    const found = tableEntries(concatBytes(new Uint8Array(1184), table));
    if (found.length === 0) return undefined;
    const out = tableOf([...found, { guid: '5a'.repeat(16), data: Uint8Array.of(0) }]);
    return replaceAt(out, ROW * found.length + 16, out.slice(16, 24));
  },
  'a byte that belongs to nobody': (random, table) =>
    concatBytes(table, new Uint8Array(random.below(64)), Uint8Array.of(random.between(1, 255))),
  'no end of the rows': (_random, table) => {
    const rows = tableEntries(concatBytes(new Uint8Array(1184), table)).length;
    return rows === 0
      ? undefined
      : replaceAt(table, ROW * rows, new Uint8Array(ROW).fill(0x11)).slice(0, ROW * (rows + 1));
  },
};

const CHANGES: Changes = {
  'a number at its bounds': number((random, value) => random.pick(boundaries(value))),
  'a number about the size': number((random, _value, size) => size + random.between(-2, 2)),
  'a sum that wraps': number((random, value) => (2 ** 32 - value + random.below(64)) >>> 0),
  'a number off by a few': number((random, value) => (value + random.between(-3, 3)) >>> 0),
  'an entry dropped': entries((random, found) => found.toSpliced(random.below(found.length), 1)),
  'bytes of another entry': entries((random, found) => {
    const { data } = random.pick(found);
    const at = random.below(found.length);
    return found.map((entry, i) => (i === at ? { ...entry, data } : entry));
  }),
  'names exchanged': entries((random, found) => {
    const names = random.shuffled(found.map(({ guid }) => guid));
    return found.map((entry, i) => ({ ...entry, guid: names[i] ?? '' }));
  }),
  'a name of another kind': entries((random, found) => {
    const at = random.below(found.length);
    const guid = random.pick(Object.values(GUID));
    return found.map((entry, i) => (i === at ? { ...entry, guid } : entry));
  }),
  'names in the other byte order': entries((random, found) => {
    const all = random.oneIn(2);
    return found.map((entry) =>
      all || random.oneIn(2) ? { ...entry, guid: mixedEndian(entry.guid) } : entry,
    );
  }),
  'a damaged entry': entries((random, found) => {
    const at = random.below(found.length);
    return found.map((entry, i) =>
      i === at ? { ...entry, data: damageBytes(random, entry.data) } : entry,
    );
  }),
  'many entries': entries((random, found) => [
    ...found,
    ...Array.from({ length: random.pick([59, 60, 61, 62, 63, 64, 200, 2_000]) }, () =>
      unknownEntry(random),
    ),
  ]),
  'an empty table': (random) => new Uint8Array(random.pick([1, 23, 24, 25, 48, 4_096])),
  'cut anywhere': (random, table) => table.slice(0, random.below(table.length)),
  'damaged rows': (random, table) => {
    const rows = table.slice(0, 120);
    return replaceAt(table, 0, damageBytes(random, rows).slice(0, 120));
  },
  'damage anywhere': damageBytes,
  'the table twice': (_random, table) => concatBytes(table, table),
};

export const TABLE_MUTATORS: readonly SnpMutator[] = [
  ...mutators('harmless', prefixed('table', HARMLESS), inTable),
  ...mutators('refused', prefixed('table', REFUSED), inTable),
  ...mutators('any', prefixed('table', CHANGES), inTable),
];
