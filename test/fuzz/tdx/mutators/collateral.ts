import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { toPem } from '../../../../src/core/encoding/pem.ts';
import {
  TDX_COLLATERAL_MEMBERS,
  type TdxCollateral,
} from '../../../../src/evidence/tdx/collateral.ts';
import { damageBytes, replaceAt } from '../../mutators/bytes.ts';
import { damageDer } from '../../mutators/der.ts';
import { HARMLESS_JSON, JSON_CHANGES, type JsonChange } from '../../mutators/json.ts';
import { mutators } from '../../mutators/mutator.ts';
import { PEM_CHANGES, type PemChange } from '../../mutators/pem.ts';
import type { Random } from '../../random.ts';
import { otherS, otherSOfDer, SCALAR_EDGES } from '../ecdsa.ts';
import type { World } from '../world.ts';
import type { TdxMutator } from './mutator.ts';
import { HARMLESS_CHAIN } from './pem.ts';

type Name = keyof TdxCollateral;
type TextChange = (random: Random, text: string, world: World) => string | undefined;

const DOCUMENTS = ['tcb_info', 'qe_identity'] as const;
const SIGNATURES = ['tcb_info_signature', 'qe_identity_signature'] as const;
const CHAINS = ['tcb_info_issuer_chain', 'qe_identity_issuer_chain'] as const;
const CRLS = ['root_ca_crl', 'pck_crl'] as const;

/** A change of one of these members; collateral that is a file already is left alone. */
function member(names: readonly Name[]) {
  return (change: TextChange): TdxMutator['apply'] =>
    (random, evidence, world) => {
      const { collateral } = evidence;
      if (collateral instanceof Uint8Array) return undefined;
      const name = random.pick(names);
      const changed = change(random, collateral[name] ?? '', world);
      return changed === undefined
        ? undefined
        : { ...evidence, collateral: { ...collateral, [name]: changed } };
    };
}

function bytes(change: (random: Random, bytes: Uint8Array) => Uint8Array): TextChange {
  return (random, hex) => toHex(change(random, bytesOf(hex)));
}

const upperCase: TextChange = (_random, hex) => toHex(bytesOf(hex)).toUpperCase();

/** @throws RangeError for what is no hex any more. */
function bytesOf(hex: string): Uint8Array {
  if (!/^[0-9a-f]*$/i.test(hex)) throw new RangeError('no hex');
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

const HARMLESS_SIGNATURE: Readonly<Record<string, TextChange>> = {
  'upper-case hex': upperCase,
  'other s': bytes((_random, signature) => otherS(signature)),
};

const SIGNATURE: Readonly<Record<string, TextChange>> = {
  'damaged bytes': bytes(damageBytes),
  'edge value': bytes((random, signature) =>
    replaceAt(signature, random.pick([0, 32]), random.pick(SCALAR_EDGES)),
  ),
  'r and s exchanged': (_random, hex) => hex.slice(64) + hex.slice(0, 64),
  'hex of another length': (random, hex) =>
    random.pick([
      hex.slice(1),
      hex.slice(2),
      `${hex}0`,
      `${hex}00`,
      '',
      ' ',
      `0x${hex}`,
      hex + hex,
    ]),
  'no hex digit': (random, hex) => hex.replace(/./, random.pick(['g', ' ', '\0', '\u0660', '-'])),
  DER: (_random, hex) => `3045${hex}`,
  'very long': (random, hex) => hex.repeat(random.below(500)),
};

const HARMLESS_CRL: Readonly<Record<string, TextChange>> = {
  'upper-case hex': upperCase,
  'as PEM': (_random, hex) => toPem(bytesOf(hex), 'X509 CRL'),
  'space around': (random, hex) =>
    `${random.pick(['\n', ' '])}${hex}${random.pick(['\n', '\r\n'])}`,
  'other s': bytes((_random, der) => otherSOfDer(der)),
};

const CRL: Readonly<Record<string, TextChange>> = {
  'damaged DER': bytes(damageDer),
  'damaged DER again': bytes(damageDer),
  'of another issuer': (random, _hex, world) => toHex(random.pick(world.crls)),
  'two lists': (_random, hex) => toPem(bytesOf(hex), 'X509 CRL').repeat(2),
  'a certificate': (random, _hex, world) => toHex(random.pick(world.certificates)),
  'PEM of another label': (_random, hex) => toPem(bytesOf(hex), 'CERTIFICATE'),
  'damaged hex': (random, hex) => JSON_CHANGES['another letter'](random, hex),
  'many entries': (random, hex) => {
    const der = bytesOf(hex);
    return toHex(concatBytes(der.subarray(0, 200), der.subarray(100, 900), random.bytes(20), der));
  },
  'nothing much': (random) => random.pick(['', '00', '30', '3000', '3080', ' ', 'zz']),
};

const ANY_MEMBER: Readonly<Record<string, TextChange>> = {
  emptied: () => '',
  'with text behind': (random, text) => text + random.pick(['\0', 'x', '\ud800', ' ', '\ufeff']),
};

function ofAnotherPlatform(names: (random: Random) => readonly Name[]): TdxMutator['apply'] {
  return (random, evidence, world) => {
    if (evidence.collateral instanceof Uint8Array) return undefined;
    const donor = random.pick(world.platforms).collateral;
    const taken = Object.fromEntries(names(random).map((name) => [name, donor[name]]));
    return { ...evidence, collateral: { ...evidence.collateral, ...taken } };
  };
}

function document(kind: (typeof DOCUMENTS)[number]): readonly Name[] {
  return [kind, `${kind}_signature`, `${kind}_issuer_chain`];
}

function some(random: Random): readonly Name[] {
  return TDX_COLLATERAL_MEMBERS.filter(() => random.oneIn(2));
}

/** Members of one set in each other's places, or gone. */
const SETS: Readonly<Record<string, TdxMutator['apply']>> = {
  'members exchanged': (random, evidence) => {
    if (evidence.collateral instanceof Uint8Array) return undefined;
    const { collateral } = evidence;
    const [a, b] = [random.pick(TDX_COLLATERAL_MEMBERS), random.pick(TDX_COLLATERAL_MEMBERS)];
    const changed = { ...collateral, [a]: collateral[b] ?? '', [b]: collateral[a] ?? '' };
    return { ...evidence, collateral: changed };
  },
  'members missing': (random, evidence) => {
    if (evidence.collateral instanceof Uint8Array) return undefined;
    const gone = new Set<string>(some(random));
    const left = Object.entries(evidence.collateral).filter(([name]) => !gone.has(name));
    return { ...evidence, collateral: Object.fromEntries(left) };
  },
  'a member of another platform': ofAnotherPlatform((random) => [
    random.pick(TDX_COLLATERAL_MEMBERS),
  ]),
  'members of another platform': ofAnotherPlatform(some),
  'a document of another platform': ofAnotherPlatform((random) => document(random.pick(DOCUMENTS))),
  'everything but the CRLs of another platform': ofAnotherPlatform(() =>
    DOCUMENTS.flatMap(document),
  ),
};

/** The same as a file, with or without damage to the file's own JSON. */
const file =
  (change: JsonChange): TdxMutator['apply'] =>
  (random, evidence) => {
    if (evidence.collateral instanceof Uint8Array) return undefined;
    const text = JSON.stringify(evidence.collateral);
    return { ...evidence, collateral: utf8(change(random, text)) };
  };

const HARMLESS_FILE: Readonly<Record<string, JsonChange>> = {
  'as it is': (_random, text) => text,
  'further members': (_random, text) =>
    JSON.stringify({ ...(JSON.parse(text) as object), fmspc: null, tcb_info_version: [3] }),
  ...HARMLESS_JSON,
};

const REFUSED_FILE: Readonly<Record<string, JsonChange>> = {
  'a member twice, the first wrong': (random, text) =>
    text.replace('{', () => `{"${random.pick(TDX_COLLATERAL_MEMBERS)}":"",`),
  'a member twice, the second wrong': (random, text) =>
    `${text.slice(0, -1)},"${random.pick(TDX_COLLATERAL_MEMBERS)}":""}`,
  'a member twice, once escaped': (_random, text) =>
    text.replace('{', () => `{"\\u0074cb_info":"",`),
  'text behind': (random, text) => text + random.pick(['{}', 'x', '\0', ',']),
};

const notUtf8: TdxMutator['apply'] = (random, evidence) => {
  if (evidence.collateral instanceof Uint8Array) return undefined;
  return {
    ...evidence,
    collateral: damageBytes(random, utf8(JSON.stringify(evidence.collateral))),
  };
};

/** Nobody looks at it where there is a quote: it must not matter what stands there. */
const unusedChain = member(['pck_crl_issuer_chain']);

function prefixed<Row>(prefix: string, table: Readonly<Record<string, Row>>): Record<string, Row> {
  const rows = Object.entries(table).map(([name, row]) => [`${prefix}: ${name}`, row] as const);
  return Object.fromEntries(rows);
}

const same = <T>(value: T): T => value;
const pemText = (change: PemChange): TdxMutator['apply'] => member(CHAINS)(change);

export const COLLATERAL_MUTATORS: readonly TdxMutator[] = [
  ...mutators('harmless', prefixed('signature', HARMLESS_SIGNATURE), member(SIGNATURES)),
  ...mutators('harmless', prefixed('issuer chain', HARMLESS_CHAIN), pemText),
  ...mutators('harmless', prefixed('crl', HARMLESS_CRL), member(CRLS)),
  ...mutators('harmless', prefixed('file', HARMLESS_FILE), file),
  ...mutators('harmless', prefixed('unused chain', { ...PEM_CHANGES }), unusedChain),
  ...mutators('any', prefixed('document', JSON_CHANGES), member(DOCUMENTS)),
  ...mutators('any', prefixed('signature', SIGNATURE), member(SIGNATURES)),
  ...mutators('any', prefixed('issuer chain', PEM_CHANGES), pemText),
  ...mutators('any', prefixed('crl', CRL), member(CRLS)),
  ...mutators('any', prefixed('member', ANY_MEMBER), member(TDX_COLLATERAL_MEMBERS)),
  ...mutators('any', prefixed('set', SETS), same),
  ...mutators('any', prefixed('file', JSON_CHANGES), file),
  ...mutators('any', { 'file: not UTF-8': notUtf8 }, same),
  ...mutators('refused', prefixed('file', REFUSED_FILE), file),
];
