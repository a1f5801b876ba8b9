import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import type { Certificate } from '../../core/x509/certificate.ts';

/** A manifest, by the id under which NVIDIA's service has it. */
export interface RimKey {
  readonly kind: 'rim';
  readonly id: string;
}

/** What a responder says of one certificate. */
export interface OcspKey {
  readonly kind: 'ocsp';
  /** Of the certificate, lower-case hex. */
  readonly serial: string;
  /** Of its issuer: the first 16 hex digits of the SHA-256 of its SubjectPublicKeyInfo. */
  readonly issuerKey: string;
}

export type NvidiaKey = RimKey | OcspKey;

/** Ids become a part of addresses and file names: no slash, no dot in front, no other case. */
const RIM_ID = /^[A-Z0-9_][A-Z0-9_.]{0,127}$/;

export function isRimId(id: string): boolean {
  return RIM_ID.test(id);
}

/** @throws Fault `usage`. */
export function rimKey(id: string): RimKey {
  if (!isRimId(id)) {
    const got = JSON.stringify(id.slice(0, 140));
    throw new Fault('usage', 'rim', `want an id such as NV_GPU_DRIVER_GH100_550.90.07, got ${got}`);
  }
  return { kind: 'rim', id };
}

export function ocspKey({ serial }: Certificate, { publicKey }: Certificate): OcspKey {
  return { kind: 'ocsp', serial, issuerKey: toHex(sha256(publicKey.der)).slice(0, 16) };
}

/** Folder and file, with a slash between. */
export function nvidiaFileName(key: NvidiaKey): string {
  return key.kind === 'rim' ? `rims/${key.id}.xml` : `ocsp/${key.serial}-${key.issuerKey}.der`;
}

/** The key of a file name of ours; undefined for any other name. */
export function nvidiaKeyOfFileName(name: string): NvidiaKey | undefined {
  const [, id] = /^rims\/(.+)\.xml$/.exec(name) ?? [];
  if (id !== undefined) return isRimId(id) ? { kind: 'rim', id } : undefined;
  const [, serial, issuerKey] = /^ocsp\/([0-9a-f]{2,80})-([0-9a-f]{16})\.der$/.exec(name) ?? [];
  if (serial === undefined || issuerKey === undefined) return undefined;
  return { kind: 'ocsp', serial, issuerKey };
}

/** For people: `the manifest NV_…`, `the OCSP response about certificate 41…`. */
export function nvidiaKeyText(key: NvidiaKey): string {
  return key.kind === 'rim'
    ? `the manifest ${key.id}`
    : `the OCSP response about certificate ${key.serial}`;
}
