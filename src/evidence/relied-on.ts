import { sha256 } from '#crypto';
import { toHex } from '../core/bytes/hex.ts';
import { concatBytes } from '../core/bytes/writer.ts';
import type { Certificate } from '../core/x509/certificate.ts';

/**
 * What a vendor says, by what exactly is hashed of it:
 *
 * - `tcb-info`, `qe-identity`: the text that Intel signed, in UTF-8: the value of `tcbInfo` or
 *   `enclaveIdentity` as served, not the JSON around it.
 * - `root-crl`, `pck-crl`, `amd-crl`, `vek`: DER, in whatever form it was handed over.
 * - `tcb-signing-chain`, `amd-chain`: DER of the certificates one behind the other, the root
 *   last. `amd-chain` is without the VEK.
 * - `rim`: the XML file.
 * - `ocsp`: the OCSPResponse, DER.
 */
export type EndorsementKind =
  | 'tcb-info'
  | 'qe-identity'
  | 'tcb-signing-chain'
  | 'root-crl'
  | 'pck-crl'
  | 'vek'
  | 'amd-chain'
  | 'amd-crl'
  | 'rim'
  | 'ocsp';

/** An endorsement that an answer rests on. */
export interface Endorsement {
  readonly kind: EndorsementKind;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** The same with its bytes, which nobody writes to any more. */
export interface Relied {
  readonly kind: EndorsementKind;
  readonly bytes: Uint8Array;
}

/** Each once, by kind and then by digest: the order in which they came says nothing. */
export function endorsementsOf(relied: readonly Relied[]): readonly Endorsement[] {
  return distinct(relied.map(({ kind, bytes }) => ({ kind, sha256: toHex(sha256(bytes)) })));
}

/** Those of all parts, each once. */
export function endorsementsOfAll(
  parts: readonly ({ readonly endorsements?: readonly Endorsement[] } | undefined)[],
): readonly Endorsement[] {
  return distinct(parts.flatMap((part) => part?.endorsements ?? []));
}

/** Certificates as one piece. DER says where each ends, so that no two chains are alike in it. */
export function chainBytes(certificates: readonly Certificate[]): Uint8Array {
  return concatBytes(...certificates.map(({ der }) => der));
}

function distinct(all: readonly Endorsement[]): readonly Endorsement[] {
  const byText = new Map(all.map((one) => [`${one.kind} ${one.sha256}`, one]));
  return [...byText.keys()].toSorted().flatMap((text) => byText.get(text) ?? []);
}
