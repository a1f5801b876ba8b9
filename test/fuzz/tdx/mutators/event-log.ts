import { utf8 } from '../../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { boundaries, damageBytes, replaceAt } from '../../mutators/bytes.ts';
import { HARMLESS_JSON, JSON_CHANGES, type JsonChange } from '../../mutators/json.ts';
import { mutators } from '../../mutators/mutator.ts';
import type { Random } from '../../random.ts';
import { isDstack } from '../logged.ts';
import { u32 } from '../quote-layout.ts';
import { logsOf, type World } from '../world.ts';
import type { TdxMutator } from './mutator.ts';
import { putTogether, type Tcg2Entry, type Tcg2Log, takeApart } from './tcg2-entries.ts';

type Tcg2Change = (random: Random, log: Tcg2Log) => Partial<Tcg2Log>;
type DstackEntry = Record<string, unknown> & { digest: string; event_type: number };

const NO_ACTION = 3;
const RUNTIME_EVENT = 0x08000001;

function ccel(
  change: (random: Random, log: Uint8Array, world: World) => Uint8Array,
): TdxMutator['apply'] {
  return (random, evidence, world) => {
    const { log } = evidence;
    if (log === undefined || isDstack(log.log)) return undefined;
    return { ...evidence, log: { ...log, log: change(random, log.log, world) } };
  };
}

/** Lengths come out right again, so that only the intended damage is there. */
function inEntries(change: Tcg2Change): TdxMutator['apply'] {
  return ccel((random, log) => {
    const parts = takeApart(log);
    if (parts === undefined) return log;
    const changed = putTogether({ ...parts, ...change(random, parts) });
    // The table says how large the area is: what is added is taken from the padding.
    const excess = Math.min(Math.max(0, changed.length - log.length), parts.padding.length);
    return changed.subarray(0, changed.length - excess);
  });
}

function oneEntry(change: (random: Random, entry: Tcg2Entry) => Partial<Tcg2Entry>): Tcg2Change {
  return (random, { entries }) => {
    const at = random.below(entries.length);
    return {
      entries: entries.map((entry, i) =>
        i === at ? { ...entry, ...change(random, entry) } : entry,
      ),
    };
  };
}

function inserted(random: Random, { entries }: Tcg2Log, entry: Tcg2Entry): Partial<Tcg2Log> {
  return { entries: entries.toSpliced(random.below(entries.length + 1), 0, entry) };
}

function sha384Digest(digest: Uint8Array): Tcg2Entry['digests'] {
  return [{ algorithm: 0x0c, digest }];
}

/** Neighbours of different registers change places: the order among registers is not measured. */
function acrossRegisters(random: Random, entries: readonly Tcg2Entry[]): readonly Tcg2Entry[] {
  const at = random.below(entries.length - 1);
  const [a, b] = [entries[at], entries[at + 1]];
  if (a === undefined || b === undefined || a.register === b.register) return entries;
  return entries.with(at, b).with(at + 1, a);
}

/** None of them takes an event out of the register. */
const OTHER_TYPES = [
  ...[1, 4, 5, 6, 0xa, 0xd, 0x80000001, 0x80000002, 0x80000003, 0x80000008, 0x8000000b],
  ...[0x08000001, 0x7fffffff, 0xffffffff],
] as const;

const HARMLESS_ENTRIES: Readonly<Record<string, Tcg2Change>> = {
  'order among registers': (random, { entries }) => ({ entries: acrossRegisters(random, entries) }),
  'event data': oneEntry((random, { data }) => ({ data: damageBytes(random, data) })),
  'event type': oneEntry((random, { type }) => ({
    type: type === NO_ACTION ? type : random.pick(OTHER_TYPES),
  })),
  'an entry without action': (random, log) =>
    inserted(random, log, {
      register: random.pick([0, 1, 4, 9, 0xffffffff]),
      type: NO_ACTION,
      digests: sha384Digest(random.bytes(48)),
      data: random.bytes(random.below(40)),
    }),
  'an entry of MRTD': (random, log) =>
    inserted(random, log, {
      register: 0,
      type: 1 + random.below(2),
      digests: sha384Digest(random.bytes(48)),
      data: new Uint8Array(),
    }),
  'vendor info': (random) => ({ vendorInfo: random.bytes(random.below(256)) }),
  'less padding': (random, { padding }) => ({
    padding: padding.subarray(random.below(padding.length + 1)),
  }),
};

const ENTRIES: Readonly<Record<string, Tcg2Change>> = {
  'an entry dropped': (random, { entries }) => ({
    entries: entries.toSpliced(random.below(entries.length), 1),
  }),
  'an entry twice': (random, log) => inserted(random, log, random.pick(log.entries)),
  'entries exchanged': (random, { entries }) => {
    const [a, b] = [random.below(entries.length), random.below(entries.length)];
    const [first, second] = [entries[a], entries[b]];
    return first && second ? { entries: entries.with(a, second).with(b, first) } : {};
  },
  'another register': oneEntry((random) => ({
    register: random.pick([0, 1, 2, 3, 4, 5, 0xff, 0xfffffffe, 0xffffffff]),
  })),
  'another digest': oneEntry((random, { digests }) => ({
    digests: digests.map(({ digest }) => ({
      algorithm: 0x0c,
      digest: damageBytes(random, digest),
    })),
  })),
  'other digests': oneEntry((random, { digests }) => ({
    digests: random.pick([
      [],
      [...digests, ...digests],
      [{ algorithm: 0x0b, digest: new Uint8Array(32) }, ...digests],
      digests.map(({ digest }) => ({ algorithm: random.below(20), digest })),
    ]),
  })),
  'made to no action': oneEntry(() => ({ type: NO_ACTION })),
  'event for RTMR3': (random, log) =>
    inserted(random, log, { ...random.pick(log.entries), register: 4 }),
  'other algorithms': (random, { algorithms }) => ({
    algorithms: random.pick([
      [],
      [...algorithms, ...algorithms],
      [{ id: 0x0b, size: 32 }, ...algorithms],
      [{ id: 0x0c, size: random.pick([0, 1, 32, 47, 49, 0xffff]) }],
      Array.from({ length: random.pick([16, 17, 200]) }, (_, id) => ({ id, size: 1 })),
    ]),
  }),
  'other padding': (random, { padding }) => ({
    padding: random.pick([
      new Uint8Array(random.below(4_000)),
      concatBytes(padding, new Uint8Array(random.below(100))),
      concatBytes(padding, random.bytes(random.below(30))),
      concatBytes(new Uint8Array(20), padding),
      padding.subarray(0, random.below(12)),
    ]),
  }),
  'large data': oneEntry((random) => ({ data: new Uint8Array(random.below(60_000)) })),
  'many entries': (random, { entries }) => ({
    entries: [...entries, ...Array.from({ length: random.below(60) }, () => random.pick(entries))],
  }),
};

/** The places of numbers in a log of the simulator's form: header, then the first entries. */
const NUMBERS = [0, 4, 28, 48, 56, 60, 65, 69, 73, 77, 127] as const;

const RAW: Readonly<Record<string, (random: Random, log: Uint8Array, world: World) => Uint8Array>> =
  {
    'damage anywhere': damageBytes,
    'a number at its bounds': (random, log) => {
      const at = random.pick(NUMBERS);
      const value = new DataView(log.buffer, log.byteOffset).getUint32(
        Math.min(at, log.length - 4),
        true,
      );
      return replaceAt(log, at, u32(random.pick(boundaries(value))));
    },
    'cut anywhere': (random, log) => log.slice(0, random.below(log.length)),
    'hardly anything': (random) => random.bytes(random.below(100)),
    'of another platform': (random, _log, world) => random.pick(world.platforms).ccelLog,
  };

const TABLE: Readonly<Record<string, (random: Random, table: Uint8Array) => Uint8Array>> = {
  damaged: damageBytes,
  'damaged, the checksum right': (random, table) => {
    const changed = table.with(random.below(table.length), random.below(256));
    const sum = changed.reduce((total, byte) => total + byte, 0) - (changed[9] ?? 0);
    return changed.with(9, -sum & 0xff);
  },
  cut: (random, table) => table.slice(0, random.below(table.length)),
};

function table(change: (random: Random, table: Uint8Array) => Uint8Array): TdxMutator['apply'] {
  return (random, evidence) => {
    const { log } = evidence;
    if (log?.table === undefined) return undefined;
    return { ...evidence, log: { ...log, table: change(random, log.table) } };
  };
}

function dstack(change: JsonChange): TdxMutator['apply'] {
  return (random, evidence) => {
    const { log } = evidence;
    if (log === undefined || !isDstack(log.log)) return undefined;
    const text = Buffer.from(log.log).toString();
    return { ...evidence, log: { ...log, log: utf8(change(random, text)) } };
  };
}

/** One entry of dstack's array; a text that is none any more stays as it is. */
function dstackEntry(
  wanted: (entry: DstackEntry) => boolean,
  change: (random: Random, entry: DstackEntry) => Record<string, unknown>,
): JsonChange {
  return (random, text) => {
    let entries: DstackEntry[];
    try {
      entries = JSON.parse(text) as DstackEntry[];
    } catch {
      return text;
    }
    if (!Array.isArray(entries)) return text;
    const candidates = entries.filter((entry) => entry !== null && wanted(entry));
    if (candidates.length === 0) return text;
    const chosen = random.pick(candidates);
    return JSON.stringify(
      entries.map((entry) => (entry === chosen ? { ...entry, ...change(random, entry) } : entry)),
    );
  };
}

const ofBoot = ({ event_type }: DstackEntry) => event_type !== RUNTIME_EVENT;
const ofRuntime = ({ event_type }: DstackEntry) => event_type === RUNTIME_EVENT;
const any = () => true;

const HARMLESS_DSTACK: Readonly<Record<string, JsonChange>> = {
  'upper-case digest': dstackEntry(any, (_random, { digest }) => ({
    digest: `${digest}`.toUpperCase(),
  })),
  'payload of a boot event': dstackEntry(ofBoot, (random) => ({
    event_payload: Buffer.from(random.bytes(random.below(60))).toString('hex'),
  })),
  'name of a boot event': dstackEntry(ofBoot, (random) => ({
    event: random.pick(['', 'app-id', 'system-ready', '\0', '\u202e', 'x'.repeat(2_000)]),
  })),
  'no digest of a runtime event': dstackEntry(ofRuntime, () => ({ digest: '' })),
  'a further member': dstackEntry(any, (random) => ({ preimage: random.pick([null, [], 'x', 1]) })),
  indented: HARMLESS_JSON.indented,
  'space around': HARMLESS_JSON['space around'],
};

const DSTACK: Readonly<Record<string, JsonChange>> = {
  ...JSON_CHANGES,
  'another register': dstackEntry(any, (random) => ({
    imr: random.pick([0, 1, 2, 3, 4, -1, '0']),
  })),
  'another type': dstackEntry(any, (random) => ({
    event_type: random.pick([RUNTIME_EVENT, NO_ACTION, 0, 4, 2 ** 32, -1]),
  })),
  'payload of a runtime event': dstackEntry(ofRuntime, (random) => ({
    event_payload: random.pick([
      '',
      '00',
      '0',
      'zz',
      'AA',
      Buffer.from(random.bytes(20)).toString('hex'),
    ]),
  })),
  'name of a runtime event': dstackEntry(ofRuntime, (random) => ({
    event: random.pick(['', 'app-id', 'app-id:', 'system-ready', '\ud800', 'compose-hash']),
  })),
  'a border between name and payload': dstackEntry(
    ofRuntime,
    (_random, { event, event_payload }) => ({
      event: `${event}:`,
      event_payload: `${event_payload}`.slice(2),
    }),
  ),
  'another version': dstackEntry(ofRuntime, (random) => ({
    version: random.pick([0, 1, 2, 3, '1']),
  })),
};

/** The story that is expected: only digests count there. */
const EXPECTED: Readonly<Record<string, TdxMutator['apply']>> = {
  damaged: (random, evidence) => {
    const { log } = evidence;
    if (log?.expected === undefined) return undefined;
    return { ...evidence, log: { ...log, expected: damageBytes(random, log.expected) } };
  },
  'of the other kind, or of another platform': (random, evidence, world) => {
    const { log } = evidence;
    if (log?.expected === undefined) return undefined;
    const { log: expected } = random.pick(logsOf(random.pick(world.platforms)));
    return { ...evidence, log: { ...log, expected } };
  },
};

function prefixed<Row>(prefix: string, rows: Readonly<Record<string, Row>>): Record<string, Row> {
  return Object.fromEntries(Object.entries(rows).map(([name, row]) => [`${prefix}: ${name}`, row]));
}

export const EVENT_LOG_MUTATORS: readonly TdxMutator[] = [
  ...mutators('harmless', prefixed('ccel', HARMLESS_ENTRIES), inEntries),
  ...mutators('harmless', prefixed('dstack', HARMLESS_DSTACK), dstack),
  ...mutators('any', prefixed('ccel', ENTRIES), inEntries),
  ...mutators('any', prefixed('ccel bytes', RAW), ccel),
  ...mutators('any', prefixed('ccel table', TABLE), table),
  ...mutators('any', prefixed('dstack', DSTACK), dstack),
  ...mutators('any', prefixed('expected', EXPECTED), (apply) => apply),
];
