import { utf8 } from '../../../../src/core/bytes/text.ts';
import { toPem } from '../../../../src/core/encoding/pem.ts';
import { mutators } from '../../mutators/mutator.ts';
import { HARMLESS_PEM, PEM_CHANGES, type PemChange } from '../../mutators/pem.ts';
import { dersOf } from '../pieces.ts';
import { type Change, type Changes, prefixed, type SnpMutator } from './mutator.ts';
import { DER_CHANGES, UNSIGNED_CHANGES } from './signed-der.ts';
import { inSlot, type Role } from './slots.ts';
import { EXTENSION_CHANGES } from './vek-extensions.ts';

const LABELS: Readonly<Record<Role, string>> = {
  vek: 'CERTIFICATE',
  ca: 'CERTIFICATE',
  crl: 'X509 CRL',
};

/** One structure of the piece is changed; the piece stays in DER or in PEM as it was. */
function der(role: Role) {
  return (change: Change): SnpMutator['apply'] =>
    inSlot(role)((random, bytes, world) => {
      const label = LABELS[role];
      const ders = dersOf(bytes, label) ?? [];
      if (ders.length === 0) return undefined;
      const at = random.below(ders.length);
      const changed = change(random, ders[at] ?? new Uint8Array(), world);
      if (changed === undefined || bytes[0] === 0x30) return changed;
      return pemOf(ders.with(at, changed), label);
    });
}

function pemOf(ders: readonly Uint8Array[], label: string): Uint8Array {
  return utf8(ders.map((one) => toPem(one, label)).join(''));
}

/** The piece becomes PEM, and is changed as a text. */
function pem(role: Role) {
  return (change: PemChange): SnpMutator['apply'] =>
    inSlot(role)((random, bytes, world) => {
      const ders = dersOf(bytes, LABELS[role]);
      if (ders === undefined) return undefined;
      const text = change(random, Buffer.from(pemOf(ders, LABELS[role])).toString('latin1'), world);
      return text === undefined ? undefined : Uint8Array.from(Buffer.from(text, 'latin1'));
    });
}

/** The same certificates in the other form, which for DER is of one only. */
function otherForm(role: Role): SnpMutator['apply'] {
  return inSlot(role)((_random, bytes) => {
    const ders = dersOf(bytes, LABELS[role]);
    if (ders === undefined || ders.length !== 1) return undefined;
    return bytes[0] === 0x30 ? pemOf(ders, LABELS[role]) : ders[0];
  });
}

/** Certificates of good and bad cases alike, as they came. */
const VEK_OF_A_CASE: Changes = {
  'of another case': (random, _bytes, world) => random.pick(world.any.veks),
  'another genuine one': (random, _bytes, world) => random.pick([...world.veks.values()]).der,
};
const CHAIN_OF_A_CASE: Changes = {
  'of another case': (random, _bytes, world) => random.pick(world.any.chains),
};
const CRL_OF_A_CASE: Changes = {
  'of another case': (random, _bytes, world) => random.pick(world.any.crls),
  'two lists': (_random, bytes) => {
    const [list] = dersOf(bytes, LABELS.crl) ?? [];
    return list && pemOf([list, list], LABELS.crl);
  },
  'under another label': (_random, bytes) => {
    const [list] = dersOf(bytes, LABELS.crl) ?? [];
    return list && pemOf([list], LABELS.vek);
  },
};

const HARMLESS_PEM_CRL: Readonly<Record<string, PemChange>> = {
  'white space around base64': HARMLESS_PEM['white space around base64'],
  'carriage returns': HARMLESS_PEM['carriage returns'],
  'base64 on one line': HARMLESS_PEM['base64 on one line'],
};

function roleMutators(role: Role, name: string): readonly SnpMutator[] {
  const harmless = role === 'crl' ? HARMLESS_PEM_CRL : HARMLESS_PEM;
  return [
    { name: `${name}: in the other form`, effect: 'harmless', apply: otherForm(role) },
    ...mutators('harmless', prefixed(name, harmless), pem(role)),
    ...mutators('any', prefixed(name, UNSIGNED_CHANGES), der(role)),
    ...mutators('any', prefixed(name, DER_CHANGES), der(role)),
  ];
}

export const CERTIFICATE_MUTATORS: readonly SnpMutator[] = [
  ...roleMutators('vek', 'vek'),
  ...mutators('any', prefixed('vek', EXTENSION_CHANGES), der('vek')),
  ...mutators('any', prefixed('vek', VEK_OF_A_CASE), inSlot('vek')),
  ...mutators('any', prefixed('vek', PEM_CHANGES), pem('vek')),
  ...roleMutators('ca', 'chain'),
  ...mutators('any', prefixed('chain', CHAIN_OF_A_CASE), inSlot('ca')),
  ...mutators('any', prefixed('chain', PEM_CHANGES), pem('ca')),
];

export const CRL_MUTATORS: readonly SnpMutator[] = [
  ...roleMutators('crl', 'crl'),
  ...mutators('any', prefixed('crl', CRL_OF_A_CASE), inSlot('crl')),
];
