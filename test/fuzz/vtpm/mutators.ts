import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { tpmtSignature } from '../../support/tpm.ts';
import { boundaries, damageBytes, replaceAt } from '../mutators/bytes.ts';
import { HARMLESS_JSON, JSON_CHANGES, type JsonChange } from '../mutators/json.ts';
import { type Mutator, mutators } from '../mutators/mutator.ts';
import type { Random } from '../random.ts';
import { HCL, jsonOf } from './subject.ts';
import type { Evidence, World } from './world.ts';

type VtpmMutator = Mutator<Evidence, World>;
type Apply = VtpmMutator['apply'];
type Change = (random: Random, bytes: Uint8Array, world: World) => Uint8Array;
type Changes = Readonly<Record<string, Change>>;

const inHcl =
  (change: Change): Apply =>
  (random, evidence, world) => ({ ...evidence, hcl: change(random, evidence.hcl, world) });

const inQuote =
  (part: 'message' | 'signature') =>
  (change: Change): Apply =>
  (random, evidence, world) => {
    const { quote } = evidence;
    return (
      quote && { ...evidence, quote: { ...quote, [part]: change(random, quote[part], world) } }
    );
  };

const inPcrs =
  (change: Change): Apply =>
  (random, evidence, world) =>
    evidence.pcrs && { ...evidence, pcrs: change(random, evidence.pcrs, world) };

function text(change: JsonChange): Change {
  return (random, bytes) => utf8(change(random, Buffer.from(bytes).toString()));
}

/** The JSON is changed and all three lengths are right again; nobody hashed the new one. */
function json(change: JsonChange): Change {
  return (random, hcl) => {
    const found = jsonOf(hcl);
    if (found === undefined) return hcl;
    const fresh = utf8(change(random, Buffer.from(found).toString()));
    const sizes: readonly (readonly [number, number])[] = [
      [HCL.reportSize, fresh.length + HCL.json],
      [HCL.dataSize, fresh.length + 20],
      [HCL.jsonSize, fresh.length],
    ];
    return sizes.reduce(
      (out, [at, size]) => replaceAt(out, at, u32(size)),
      concatBytes(hcl.subarray(0, HCL.json), fresh, new Uint8Array(random.below(100))),
    );
  };
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

function numberAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

const HARMLESS_HCL: Changes = {
  'zeros behind': (random, hcl) => concatBytes(hcl, new Uint8Array(random.below(5_000))),
  'another version': (random, hcl) => replaceAt(hcl, HCL.version, u32(random.pick([1, 2]))),
  'another hardware report': (random, hcl) => replaceAt(hcl, HCL.report, random.bytes(1_184)),
};

const HCL_CHANGES: Changes = {
  'damage anywhere': damageBytes,
  'a byte behind': (random, hcl) => concatBytes(hcl, Uint8Array.of(random.between(1, 255))),
  'a number at its bounds': (random, hcl) => {
    const at = random.pick(Object.values(HCL).filter((place) => place !== HCL.json));
    return hcl.length < HCL.json
      ? hcl
      : replaceAt(hcl, at, u32(random.pick(boundaries(numberAt(hcl, at)))));
  },
  'a number off by a few': (random, hcl) => {
    const at = random.pick([HCL.reportSize, HCL.dataSize, HCL.jsonSize]);
    return hcl.length < HCL.json
      ? hcl
      : replaceAt(hcl, at, u32((numberAt(hcl, at) + random.between(-3, 3)) >>> 0));
  },
  'all lengths shorter': (random, hcl) => {
    const less = random.between(1, 30);
    return [HCL.reportSize, HCL.dataSize, HCL.jsonSize].reduce(
      (out, at) =>
        hcl.length < HCL.json ? out : replaceAt(out, at, u32((numberAt(hcl, at) - less) >>> 0)),
      hcl,
    );
  },
  long: (random, hcl) => concatBytes(hcl, new Uint8Array(random.pick([5_000, 10_000, 15_000]))),
  'cut anywhere': (random, hcl) => hcl.slice(0, random.below(hcl.length)),
  'hardly anything': (random) => random.bytes(random.below(80)),
};

const MESSAGE_CHANGES: Changes = {
  'damage anywhere': damageBytes,
  'flip a bit': (random, message) => {
    const at = random.below(message.length);
    return message.with(at, (message[at] ?? 0) ^ (1 << random.below(8)));
  },
  'a tail': (random, message) => concatBytes(message, random.bytes(random.between(1, 4))),
  'of another quote': (random, _message, { honest }) =>
    random.pick(honest.flatMap(({ quote }) => quote ?? [])).message,
};

const HARMLESS_SIGNATURE: Changes = {
  'as a TPM returns it': (_random, signature) =>
    signature.length === 256 ? tpmtSignature(signature) : signature,
};

/** A number that RSA can't tell from the signature, in as many bytes as it takes. */
const plusModulus: Change = (_random, signature, { modulus }) => {
  const [s, n] = [signature, modulus].map((bytes) =>
    BigInt(`0x0${Buffer.from(bytes).toString('hex')}`),
  );
  const digits = ((s ?? 0n) + (n ?? 0n)).toString(16);
  return Uint8Array.from(
    Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex'),
  );
};

const SIGNATURE_CHANGES: Changes = {
  'damage anywhere': damageBytes,
  'plus the modulus': plusModulus,
  'plus the modulus, as a TPM returns it': (random, signature, world) =>
    tpmtSignature(plusModulus(random, signature, world)),
  reversed: (_random, signature) => signature.toReversed(),
  'a zero before': (_random, signature) => concatBytes(Uint8Array.of(0), signature),
  'of another algorithm': (random, signature) =>
    tpmtSignature(signature, {
      sigAlg: random.pick([0x14, 0x16, 0x18]),
      hash: random.pick([4, 0xb, 0xc]),
    }),
  'an edge value': (random) => new Uint8Array(256).fill(random.pick([0, 1, 0xff])),
  'of another quote': (random, _signature, { honest }) =>
    random.pick(honest.flatMap(({ quote }) => quote ?? [])).signature,
};

const PCRS_CHANGES: Changes = {
  'another value': text((random, values) =>
    values.replace(/[0-9a-f]{64}/g, (value) => (random.oneIn(8) ? value.replace(/./, '0') : value)),
  ),
  'of another quote': (random, _values, { honest }) =>
    random.pick(honest.flatMap(({ pcrs }) => (pcrs ? [pcrs] : []))),
  'not UTF-8': damageBytes,
};

const EXCHANGES: Readonly<Record<string, Apply>> = {
  'another HCL report': (random, evidence, { honest }) => ({
    ...evidence,
    hcl: random.pick(honest).hcl,
  }),
  'another quote': (random, evidence, { honest }) => ({
    ...evidence,
    quote: random.pick(honest.flatMap(({ quote }) => quote ?? [])),
  }),
  'no quote': (_random, { quote: _quote, ...left }) => left,
  'no PCRs': (_random, { pcrs: _pcrs, ...left }) => left,
  'evidence of the guest’s own': (random, evidence) => ({
    ...evidence,
    hardware: { ...evidence.hardware, vmpl: random.pick([1, 2, 3, 0xffff_ffff]) },
  }),
  'evidence that is not authentic': (_random, evidence) => ({
    ...evidence,
    hardware: { ...evidence.hardware, authentic: false },
  }),
};

function prefixed<Row>(prefix: string, table: Readonly<Record<string, Row>>): Record<string, Row> {
  const rows = Object.entries(table).map(([name, row]) => [`${prefix}: ${name}`, row] as const);
  return Object.fromEntries(rows);
}

const onJson = (change: JsonChange): Apply => inHcl(json(change));
const onPcrs = (change: JsonChange): Apply => inPcrs(text(change));

export const VTPM_MUTATORS: readonly VtpmMutator[] = [
  ...mutators('harmless', prefixed('hcl', HARMLESS_HCL), inHcl),
  ...mutators('harmless', prefixed('signature', HARMLESS_SIGNATURE), inQuote('signature')),
  ...mutators('harmless', prefixed('pcrs', HARMLESS_JSON), onPcrs),
  ...mutators('any', prefixed('hcl', HCL_CHANGES), inHcl),
  ...mutators('any', prefixed('runtime', JSON_CHANGES), onJson),
  ...mutators('any', prefixed('quote', MESSAGE_CHANGES), inQuote('message')),
  ...mutators('any', prefixed('signature', SIGNATURE_CHANGES), inQuote('signature')),
  ...mutators('any', prefixed('pcrs', JSON_CHANGES), onPcrs),
  ...mutators('any', prefixed('pcrs', PCRS_CHANGES), inPcrs),
  ...mutators('any', prefixed('whole', EXCHANGES), (apply: Apply) => apply),
];
