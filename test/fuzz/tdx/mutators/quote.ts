import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { deriveKey } from '../../../../src/simulator/keys.ts';
import { boundaries, damageBytes, replaceAt } from '../../mutators/bytes.ts';
import { mutators } from '../../mutators/mutator.ts';
import { PEM_CHANGES, type PemChange } from '../../mutators/pem.ts';
import type { Random } from '../../random.ts';
import { otherS, SCALAR_EDGES } from '../ecdsa.ts';
import {
  assemble,
  type Field,
  KINDS,
  LENGTHS,
  layoutOf,
  partsOf,
  type QuoteParts,
  u16,
  u32,
} from '../quote-layout.ts';
import type { World } from '../world.ts';
import type { TdxMutator } from './mutator.ts';
import { HARMLESS_CHAIN } from './pem.ts';

/** A change of a quote that is honest up to here, or was put together like one. */
type QuoteChange = (random: Random, quote: Uint8Array, world: World) => Uint8Array;
type PartsChange = (random: Random, parts: QuoteParts, world: World) => Partial<QuoteParts>;

function anyQuote(random: Random, world: World): Uint8Array {
  return random.pick(random.pick(world.platforms).quotes);
}

function inParts(change: PartsChange): QuoteChange {
  return (random, quote, world) => {
    const parts = partsOf(quote);
    return parts ? assemble({ ...parts, ...change(random, parts, world) }) : quote;
  };
}

function certificates(change: PemChange): QuoteChange {
  return inParts((random, { certification }, world) => {
    const pem = Buffer.from(certification).toString('latin1');
    const changed = change(random, pem, world) ?? pem;
    return { certification: Uint8Array.from(Buffer.from(changed, 'latin1')) };
  });
}

function field(
  change: (random: Random, value: Uint8Array, world: World) => Uint8Array,
): QuoteChange {
  return (random, quote, world) => {
    const { start, end } = random.pick(fieldsOf(quote));
    if (start === end) return quote;
    return replaceAt(quote, start, change(random, quote.subarray(start, end), world));
  };
}

/** Of a quote that earlier damage made unreadable, all bytes as one field. */
function fieldsOf(quote: Uint8Array): readonly Field[] {
  try {
    const fields = layoutOf(quote);
    if (fields.every(({ end }) => end <= quote.length)) return fields;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return [{ name: 'everything', start: 0, end: quote.length }];
}

function namedField(quote: Uint8Array, name: string): Field | undefined {
  return fieldsOf(quote).find((known) => known.name === name);
}

function number(bytes: Uint8Array, value: number): Uint8Array {
  return bytes.length === 2 ? u16(value) : u32(value);
}

function numberOf(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

/** Edge values of one half of a signature. */
function edgeScalar(random: Random, signature: Uint8Array): Uint8Array {
  return replaceAt(signature, random.pick([0, 32]), random.pick(SCALAR_EDGES));
}

const HARMLESS: Readonly<Record<string, QuoteChange>> = {
  'zeros behind the quote': (random, quote) =>
    concatBytes(quote, new Uint8Array(random.between(1, 8_192))),
  'other s of the quote': inParts((_random, { signature }) => ({ signature: otherS(signature) })),
  'other s of the QE report': inParts((_random, { qeReportSignature }) => ({
    qeReportSignature: otherS(qeReportSignature),
  })),
};

const CHANGES: Readonly<Record<string, QuoteChange>> = {
  'flip a bit of a field': field((random, value) => {
    const at = random.below(value.length);
    return value.with(at, (value[at] ?? 0) ^ (1 << random.below(8)));
  }),
  'set a byte of a field': field((random, value) =>
    value.with(random.below(value.length), random.pick([0, 1, 0x7f, 0x80, 0xff])),
  ),
  'fill a field': field((random, value) => value.map(() => random.pick([0, 0xff]))),
  'reverse a field': field((_random, value) => value.toReversed()),
  'field of another quote': (random, quote, world) => {
    const donor = anyQuote(random, world);
    const { name, start, end } = random.pick(fieldsOf(quote));
    const other = namedField(donor, name);
    if (other === undefined) return quote;
    return replaceAt(quote, start, donor.subarray(other.start, other.end).subarray(0, end - start));
  },
  'a length at its bounds': (random, quote) => {
    const found = namedField(quote, random.pick(LENGTHS));
    if (found === undefined) return quote;
    const value = quote.subarray(found.start, found.end);
    const said = random.pick(boundaries(numberOf(value)));
    return replaceAt(quote, found.start, number(value, said));
  },
  'a kind of something else': (random, quote) => {
    const found = namedField(quote, random.pick(KINDS));
    if (found === undefined) return quote;
    const size = found.end - found.start;
    const kind = random.pick([0, 1, 2, 3, 4, 5, 6, 7, 0x81, 0xffff, 2 ** 32 - 1]);
    return replaceAt(quote, found.start, number(new Uint8Array(size), kind));
  },
  'cut at a border': (random, quote) => {
    const { start, end } = random.pick(fieldsOf(quote));
    return quote.slice(0, Math.max(0, random.pick([start, end]) + random.between(-1, 1)));
  },
  'bytes behind the quote': (random, quote) =>
    concatBytes(quote, new Uint8Array(random.below(64)), Uint8Array.of(random.between(1, 255))),
  'damage anywhere': damageBytes,
  'part of another quote': inParts((random, parts, world) => {
    const donor = partsOf(anyQuote(random, world));
    const name = random.pick(Object.keys(parts) as (keyof QuoteParts)[]);
    return donor ? { [name]: donor[name] } : {};
  }),
  'parts of two quotes': inParts((random, parts, world) => {
    const donor = partsOf(anyQuote(random, world));
    const names = (Object.keys(parts) as (keyof QuoteParts)[]).filter(() => random.oneIn(2));
    return donor ? Object.fromEntries(names.map((name) => [name, donor[name]])) : {};
  }),
  'a key of the attacker': inParts((random, { signed }) => {
    const key = deriveKey('attacker', `${random.below(8)}`);
    const body = random.oneIn(2) ? signed : damageBytes(random, signed).slice(0, signed.length);
    return { signed: body, signature: key.sign(body), attestationKey: key.publicKey };
  }),
  'a quoting enclave of the attacker': inParts((random, { signed, qeReport }) => {
    const key = deriveKey('attacker', `${random.below(8)}`);
    return {
      attestationKey: key.publicKey,
      signature: key.sign(signed),
      qeReportSignature: key.sign(qeReport),
    };
  }),
  'a key that is no point': inParts((random, { attestationKey }) => ({
    attestationKey: random.pick([
      new Uint8Array(64),
      new Uint8Array(64).fill(0xff),
      attestationKey.toReversed(),
      edgeScalar(random, attestationKey),
    ]),
  })),
  'an edge value in a signature': inParts((random, { signature, qeReportSignature }) =>
    random.oneIn(2)
      ? { signature: edgeScalar(random, signature) }
      : { qeReportSignature: edgeScalar(random, qeReportSignature) },
  ),
  'r and s exchanged': inParts((_random, { signature }) => ({
    signature: concatBytes(signature.subarray(32), signature.subarray(0, 32)),
  })),
  'authentication data of another length': inParts((random, { qeAuthData }) => ({
    qeAuthData: random.pick([
      new Uint8Array(),
      qeAuthData.subarray(1),
      concatBytes(qeAuthData, Uint8Array.of(0)),
      new Uint8Array(random.pick([1_000, 32_768, 65_535])),
    ]),
  })),
  // Moves the border between two neighbours that are hashed together.
  'key bytes as authentication data': inParts((_random, { attestationKey, qeAuthData }) => ({
    attestationKey: concatBytes(attestationKey.subarray(1), qeAuthData.subarray(0, 1)),
    qeAuthData: concatBytes(attestationKey.subarray(-1), qeAuthData),
  })),
  'another kind of certification': inParts((random) => ({
    innerType: random.pick([0, 1, 2, 3, 4, 5, 6, 7, 0xffff]),
    certification: new Uint8Array(random.pick([0, 35, 36, 37, 276, 404, 1_000])),
  })),
  'version 4 as 5, 5 as 4': (random, quote) => {
    const parts = partsOf(quote);
    if (parts === undefined) return quote;
    const { signed } = parts;
    const descriptor = random.oneIn(2) ? concatBytes(u16(2), u32(584)) : new Uint8Array();
    const body = signed[0] === 4 ? signed.subarray(48) : signed.subarray(54);
    const version = concatBytes(u16(signed[0] === 4 ? 5 : 4), signed.subarray(2, 48));
    return assemble({ ...parts, signed: concatBytes(version, descriptor, body) });
  },
  'hardly anything': (random) => random.bytes(random.below(80)),
};

/** The quote of another machine or moment, unchanged: nothing was forged, yet it may not fit. */
const EXCHANGE: TdxMutator = {
  name: 'quote: of another platform',
  effect: 'any',
  apply: (random, evidence, world) => ({ ...evidence, quote: anyQuote(random, world) }),
};

function named(prefix: string, table: Readonly<Record<string, QuoteChange>>) {
  return Object.fromEntries(
    Object.entries(table).map(([name, row]) => [`${prefix}: ${name}`, row]),
  );
}

function chains(table: Readonly<Record<string, PemChange>>) {
  return named(
    'quote chain',
    Object.fromEntries(Object.entries(table).map(([name, row]) => [name, certificates(row)])),
  );
}

const onQuote =
  (change: QuoteChange): TdxMutator['apply'] =>
  (random, evidence, world) => ({ ...evidence, quote: change(random, evidence.quote, world) });

export const QUOTE_MUTATORS: readonly TdxMutator[] = [
  ...mutators('harmless', { ...named('quote', HARMLESS), ...chains(HARMLESS_CHAIN) }, onQuote),
  ...mutators('any', { ...named('quote', CHANGES), ...chains(PEM_CHANGES) }, onQuote),
  EXCHANGE,
];
