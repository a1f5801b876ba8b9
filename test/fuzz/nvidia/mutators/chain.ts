import { utf8 } from '../../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { toPem } from '../../../../src/core/encoding/pem.ts';
import { elementAt, forge, tlv } from '../../../support/forge.ts';
import { damageDer } from '../../mutators/der.ts';
import { mutators } from '../../mutators/mutator.ts';
import { HARMLESS_PEM, one, PEM_CHANGES, type PemChange } from '../../mutators/pem.ts';
import { dersOf } from '../pieces.ts';
import { type Changes, inPiece, type NvidiaMutator, prefixed } from './mutator.ts';

const pem = (change: PemChange): NvidiaMutator['apply'] =>
  inPiece('chain')((random, bytes, world) => {
    const text = change(random, Buffer.from(bytes).toString('latin1'), world);
    return text === undefined ? undefined : Uint8Array.from(Buffer.from(text, 'latin1'));
  });

/** The order of these five says which is whose: it is no matter of taste. */
const { 'chain in another order': otherOrder, ...HARMLESS } = HARMLESS_PEM;

/** Damage where only this kind of certificate is looked at. */
const LEAF_EXTENSIONS = [0, 7, 0];

const CERTIFICATE_CHANGES: Readonly<Record<string, PemChange>> = {
  'in another order': otherOrder,
  'an extension damaged': one((random, der) =>
    forge(der, LEAF_EXTENSIONS, (all) => damageDer(random, all)),
  ),
  'extensions of another certificate': one((random, der, { certificates }) =>
    forge(der, LEAF_EXTENSIONS, () => elementAt(random.pick(certificates), LEAF_EXTENSIONS)),
  ),
  'name of another certificate': one((random, der, { certificates }) =>
    forge(der, [0, random.pick([3, 5])], () => elementAt(random.pick(certificates), [0, 5])),
  ),
  'key of another certificate': one((random, der, { certificates }) =>
    forge(der, [0, 6], () => elementAt(random.pick(certificates), [0, 6])),
  ),
  'another serial number': one((random, der) => forge(der, [0, 1], () => tlv(2, random.bytes(9)))),
  'a byte behind': one((random, der) => concatBytes(der, random.bytes(1))),
  'signature of another certificate': one((random, der, { certificates }) =>
    forge(der, [2], () => elementAt(random.pick(certificates), [2])),
  ),
};

const WHOLE: Changes = {
  'in DER': (_random, chain) => concatBytes(...(dersOf(chain, 'CERTIFICATE') ?? [chain])),
  'of another device': (random, _chain, { honest }) => random.pick(honest).chain,
  'a stranger’s': (_random, _chain, { stranger }) => stranger.evidence.chain,
  'a stranger’s under the pinned root': (_random, chain, { stranger }) => {
    const own = dersOf(stranger.evidence.chain, 'CERTIFICATE')?.slice(0, 4) ?? [];
    const root = dersOf(chain, 'CERTIFICATE')?.at(-1);
    return utf8([...own, ...(root ? [root] : [])].map((der) => toPem(der, 'CERTIFICATE')).join(''));
  },
};

export const HARMLESS_CHAIN_MUTATORS: readonly NvidiaMutator[] = mutators(
  'harmless',
  prefixed('chain', HARMLESS),
  pem,
);

export const CHAIN_MUTATORS: readonly NvidiaMutator[] = [
  ...HARMLESS_CHAIN_MUTATORS,
  ...mutators('any', prefixed('chain', PEM_CHANGES), pem),
  ...mutators('any', prefixed('certificate', CERTIFICATE_CHANGES), pem),
  ...mutators('any', prefixed('chain', WHOLE), inPiece('chain')),
];
