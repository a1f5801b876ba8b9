import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { forge, tlv } from '../../../support/forge.ts';
import { damageDer } from '../../mutators/der.ts';
import { mutators } from '../../mutators/mutator.ts';
import { type Changes, inOne, type NvidiaMutator, prefixed } from './mutator.ts';

/** BasicOCSPResponse inside of its wrappers. */
const BASIC = [1, 0, 1, 0];
const SINGLE = [...BASIC, 0, 2, 0];

const CHANGES: Changes = {
  'damaged DER': damageDer,
  'damaged DER again': damageDer,
  'another status': (random, der) =>
    forge(der, [...SINGLE, 1], () => random.pick([tlv(0x80), tlv(0x82), tlv(0xa1)])),
  'not successful': (random, der) =>
    forge(der, [0], () => tlv(0x0a, Uint8Array.of(random.below(8)))),
  'nothing but a status': (random) =>
    tlv(0x30, tlv(0x0a, Uint8Array.of(random.pick([1, 2, 3, 5, 6])))),
  'no certificates': (_random, der) => forge(der, [...BASIC, 3], () => new Uint8Array()),
  'another certificate': (random, der, { certificates }) =>
    forge(der, [...BASIC, 3], () => tlv(0xa0, tlv(0x30, random.pick(certificates)))),
  'one answer twice': (_random, der) =>
    forge(der, [...BASIC, 0, 2], (all) => {
      const only = all.subarray(all.length > 129 ? 3 : 2);
      return tlv(0x30, only, only);
    }),
  'of another certificate': (random, _der, { ocsp }) => random.pick(ocsp),
  'a byte behind': (random, der) => concatBytes(der, random.bytes(1)),
  'cut anywhere': (random, der) => der.slice(0, random.below(der.length)),
  long: (random, der) => concatBytes(der, new Uint8Array(random.below(60_000))),
};

const ALL: Readonly<Record<string, NvidiaMutator['apply']>> = {
  less: (random, evidence) =>
    evidence.ocsp.length === 0
      ? undefined
      : { ...evidence, ocsp: evidence.ocsp.toSpliced(random.below(evidence.ocsp.length), 1) },
  none: (_random, evidence) => ({ ...evidence, ocsp: [] }),
  'one more': (random, evidence, { ocsp }) => ({
    ...evidence,
    ocsp: random.shuffled([...evidence.ocsp, random.pick(ocsp)]),
  }),
};

const ALL_HARMLESS: Readonly<Record<string, NvidiaMutator['apply']>> = {
  'in another order': (random, evidence) => ({ ...evidence, ocsp: random.shuffled(evidence.ocsp) }),
};

const asIs = (apply: NvidiaMutator['apply']) => apply;

export const OCSP_MUTATORS: readonly NvidiaMutator[] = [
  ...mutators('any', prefixed('response', CHANGES), inOne('ocsp')),
  ...mutators('harmless', prefixed('responses', ALL_HARMLESS), asIs),
  ...mutators('any', prefixed('responses', ALL), asIs),
];
