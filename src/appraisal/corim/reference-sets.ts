import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { parseCoseKeyFile } from '../../core/encoding/cose-key.ts';
import type { SnpReferenceSet } from '../policy/schema/snp.ts';
import type { TdxReferenceSet } from '../policy/schema/tdx.ts';
import type { Provenance } from '../policy/schema/values.ts';
import type { Reference } from './comid.ts';
import { readCorim } from './corim.ts';
import { type CorimSignature, openCorim } from './envelope.ts';
import { showIdentifier } from './identifier.ts';
import { type NvidiaDevice, nvidiaDevice } from './nvidia.ts';
import { addAll, type Omission, omission } from './omission.ts';
import { type StatedSnp, snpReferenceSet, statedSnp } from './snp.ts';
import type { StatedSet } from './stated.ts';
import { type StatedTdx, statedTdx, type TdxRegisterNumbers, tdxReferenceSet } from './tdx.ts';
import { type CorimValidity, validityOf } from './validity.ts';

export interface CorimOptions {
  /** Milliseconds since the epoch: when the CoRIM is to be valid. */
  readonly now: number;
  /** File of the key that must have signed: PEM `PUBLIC KEY` or COSE_Key. Without it, nothing is verified. */
  readonly publicKey?: Uint8Array;
  /** Without it, registers that have only a number are not taken. */
  readonly tdxRegisterNumbers?: TdxRegisterNumbers;
}

/** What a CoRIM gives a policy. Plain data: it can be printed as JSON or YAML as it is. */
export interface CorimReferenceSets {
  readonly id: string;
  readonly profiles: readonly string[];
  /** Names that it gives of itself. */
  readonly entities: readonly string[];
  readonly signature: CorimSignature;
  readonly validity: CorimValidity;
  /** All of state draft, which admits nobody. */
  readonly tdx: readonly TdxReferenceSet[];
  readonly snp: readonly SnpReferenceSet[];
  readonly nvidia: readonly NvidiaDevice[];
  /** All that it says and that is not in the sets, or not as strictly. */
  readonly notImported: readonly Omission[];
}

/**
 * Reads a CoRIM (draft-ietf-rats-corim), signed or not, and makes draft reference sets of its
 * reference triples: one set of one triple, so that values stay together that were stated together.
 * A member that the triple does not state is skipped, with that as the reason; a member that it
 * states in a way that a set can't say keeps the set back.
 *
 * @throws Fault `malformed` at `corim…`: also when a key is given and it did not sign; and the
 *   Faults of {@link parseCoseKeyFile} at `publicKey`.
 */
export function corimReferenceSets(bytes: Uint8Array, options: CorimOptions): CorimReferenceSets {
  const notImported: Omission[] = [];
  const { publicKey, now, tdxRegisterNumbers } = options;
  const key = publicKey === undefined ? undefined : parseCoseKeyFile(publicKey, 'publicKey');
  const { content, signature, periods } = openCorim(bytes, key, notImported);
  const corim = readCorim(content);
  addAll(notImported, corim.omissions);
  const tdx: StatedTdx[] = [];
  const snp: StatedSnp[] = [];
  const nvidia: NvidiaDevice[] = [];
  const unknown: Reference[] = [];
  for (const reference of corim.references) {
    const td = statedTdx(reference, corim.profiles, tdxRegisterNumbers);
    const guest = td === undefined ? statedSnp(reference, corim.profiles) : undefined;
    const device = (td ?? guest) ? undefined : nvidiaDevice(reference, notImported);
    if (td) tdx.push(td);
    if (guest) snp.push(guest);
    if (device) nvidia.push(device);
    if (!td && !guest && !device) unknown.push(reference);
  }
  keepBackBeside(unknown, [...tdx, ...snp]);
  for (const reference of unknown) notImported.push(unknownReference(reference));
  const provenance = provenanceOf(corim.id, signature, bytes);
  const id = setName(corim.id);
  return {
    id: corim.id,
    profiles: corim.profiles.map(showIdentifier),
    entities: corim.entities,
    signature,
    validity: validityOf([corim.period, ...periods], now),
    tdx: wholeSets(tdx, notImported).map((stated, i) => ({
      ...tdxReferenceSet(stated, `${id}/tdx-${i}`),
      provenance: {
        ...provenance,
        inputs: { ...provenance.inputs, tag: plain(stated.reference.tagId) },
      },
    })),
    snp: wholeSets(snp, notImported).map((stated, i) => ({
      ...snpReferenceSet(stated, `${id}/snp-${i}`),
      provenance: {
        ...provenance,
        inputs: { ...provenance.inputs, tag: plain(stated.reference.tagId) },
      },
    })),
    nvidia,
    notImported,
  };
}

function unknownReference({ at, environment }: Reference): Omission {
  const { vendor = 'no vendor', model = 'no model', classId } = environment;
  const id = classId === undefined ? 'no class id' : showIdentifier(classId);
  return omission(at, `is of nothing that is known here: ${vendor}, ${model}, ${id}`);
}

/** What is stated of the same environment in a way that is not known may be a half of it. */
function keepBackBeside(unknown: readonly Reference[], known: readonly StatedSet[]): void {
  const environments = new Set(unknown.map(environmentName));
  for (const stated of known) {
    if (environments.has(environmentName(stated.reference))) {
      stated.keepBack(stated.reference.at, 'more is stated of the same environment, and not known');
    }
  }
}

function environmentName({ environment }: Reference): string {
  return JSON.stringify({ ...environment, at: '' });
}

/**
 * Those that become sets. Where references of one kind of machine state different members, each of
 * them may be half of one machine: a set of the one half would leave the other unchecked.
 */
function wholeSets<Stated extends StatedSet>(
  all: readonly Stated[],
  omissions: Omission[],
): readonly Stated[] {
  const names = new Set(all.map((stated) => stated.names));
  for (const stated of all) {
    if (names.size > 1) {
      const because = `states ${stated.names}, and other references other members`;
      stated.keepBack(stated.reference.at, because);
    }
    addAll(omissions, stated.allOmissions());
  }
  return all.filter(({ keptBack }) => keptBack === undefined);
}

function provenanceOf(id: string, signature: CorimSignature, bytes: Uint8Array) {
  const signed = signature.state === 'verified' ? 'vendor-signed' : 'observed';
  return {
    kind: signed,
    source: plain(`CoRIM ${id}`),
    inputs: { corim: `sha256:${toHex(sha256(bytes))}`, signature: signature.state },
  } as const satisfies Provenance;
}

/** Printable, on one line and not endless, as provenance has it: strangers choose the names. */
function plain(text: string): string {
  const start = text.slice(0, 400);
  const shown = start.replaceAll(/[^\x20-\x7e\xa1-\u1fff\u3000-\ud7ff\uf900-\ufdff]/gu, '?');
  return shown === '' ? '?' : shown;
}

/** What reference sets can be called by. */
function setName(id: string): string {
  const start = id.slice(0, 100);
  const name = start.replaceAll(/[^A-Za-z0-9._/-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return name === '' ? 'corim' : name;
}
