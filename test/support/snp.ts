import { KeyObject, sign } from 'node:crypto';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { anchorFromCertificate, type TrustAnchor } from '../../src/core/x509/anchors.ts';
import { type SnpInput, snpClocksAt } from '../../src/evidence/snp/input.ts';
import type { Check } from '../../src/evidence/verdict.ts';
import { hex } from './hex.ts';
import {
  arkCertificate,
  intermediateCertificate,
  type SnpWorld,
  vekCertificate,
} from './snp-certificates.ts';
import { MACHINES } from './snp-machines.ts';

/** Where each field of a report begins and how long it is (SEV-SNP ABI specification). */
export const FIELDS = {
  version: [0x000, 4],
  guestSvn: [0x004, 4],
  policy: [0x008, 8],
  familyId: [0x010, 16],
  imageId: [0x020, 16],
  vmpl: [0x030, 4],
  signatureAlgo: [0x034, 4],
  currentTcb: [0x038, 8],
  platformInfo: [0x040, 8],
  keyInfo: [0x048, 4],
  reportData: [0x050, 64],
  measurement: [0x090, 48],
  hostData: [0x0c0, 32],
  idKeyDigest: [0x0e0, 48],
  authorKeyDigest: [0x110, 48],
  reportId: [0x140, 32],
  reportIdMa: [0x160, 32],
  reportedTcb: [0x180, 8],
  cpuid: [0x188, 3],
  chipId: [0x1a0, 64],
  committedTcb: [0x1e0, 8],
  currentVersion: [0x1e8, 3],
  committedVersion: [0x1ec, 3],
  launchTcb: [0x1f0, 8],
  launchMitVector: [0x1f8, 8],
  currentMitVector: [0x200, 8],
} as const;

export type SnpField = keyof typeof FIELDS;

/** A field as its bytes, or as the number that they are little-endian. */
export type SnpFields = Readonly<Partial<Record<SnpField, Uint8Array | bigint | number>>>;

export const REPORT_SIZE = 1184;
export const SIGNED_SIZE = 0x2a0;

/** Little-endian. */
export function le(value: bigint | number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) =>
    Number((BigInt(value) >> BigInt(8 * i)) & 255n),
  );
}

/** Fields into a report that has zeros elsewhere; the signature is none. */
export function unsignedReport(fields: SnpFields): Uint8Array {
  const report = new Uint8Array(REPORT_SIZE);
  for (const [name, value] of Object.entries(fields)) {
    const [at, size] = FIELDS[name as SnpField];
    const bytes = value instanceof Uint8Array ? value : le(value, size);
    if (bytes.length !== size) throw new RangeError(`${name} has ${size} bytes`);
    report.set(bytes, at);
  }
  return report;
}

/** A report of a good guest on this machine, of version 5 unless said. */
function goodFields(world: SnpWorld, signer: 'vcek' | 'vlek' = 'vcek'): SnpFields {
  const { cpuid, tcb, chipId } = MACHINES[world.line];
  return {
    version: 5,
    policy: 0x30000,
    signatureAlgo: 1,
    platformInfo: 0x25,
    keyInfo: signer === 'vcek' ? 0 : 4,
    reportData: Uint8Array.from({ length: 64 }, (_, i) => i + 1),
    measurement: new Uint8Array(48).fill(0x4d),
    reportIdMa: new Uint8Array(32).fill(0xff),
    cpuid,
    currentTcb: tcb,
    reportedTcb: tcb,
    committedTcb: tcb,
    launchTcb: tcb,
    ...(signer === 'vcek' && { chipId }),
  };
}

/** The same bytes with AMD's form of a signature by the machine's own key. */
function signReport(
  report: Uint8Array,
  { keys }: SnpWorld[keyof Pick<SnpWorld, 'vcek' | 'vlek'>],
): Uint8Array {
  const signed = report.subarray(0, SIGNED_SIZE);
  const key = KeyObject.from(keys.privateKey);
  const raw = sign('sha384', signed, { key, dsaEncoding: 'ieee-p1363' });
  return concatBytes(signed, amdForm(raw), report.subarray(REPORT_SIZE));
}

/** @param raw r ‖ s, 96 bytes, big-endian. */
export function amdForm(raw: Uint8Array): Uint8Array {
  const field = new Uint8Array(512);
  field.set([...raw.subarray(0, 48)].reverse(), 0);
  field.set([...raw.subarray(48)].reverse(), 72);
  return field;
}

/** When everything made here is in date. */
export const NOW = Date.UTC(2026, 0, 15);

/** A report with the certificates above it, and more reports of the same machine. */
export interface SnpEvidence {
  readonly world: SnpWorld;
  readonly root: Uint8Array;
  readonly ask: Uint8Array;
  readonly vek: Uint8Array;
  readonly anchors: readonly TrustAnchor[];
  /** All of it is good. */
  readonly input: SnpInput;
  /** A report that the machine signed, with other fields or with bytes changed before that. */
  readonly report: (fields?: SnpFields, change?: (report: Uint8Array) => void) => Uint8Array;
}

export async function snpEvidence(
  world: SnpWorld,
  signer: 'vcek' | 'vlek' = 'vcek',
): Promise<SnpEvidence> {
  const root = await arkCertificate(world);
  const ask = await intermediateCertificate(world, signer);
  const vek = await vekCertificate(world, signer);
  const report: SnpEvidence['report'] = (fields = {}, change = () => undefined) => {
    const bytes = unsignedReport({ ...goodFields(world, signer), ...fields });
    change(bytes);
    return signReport(bytes, world[signer]);
  };
  return {
    world,
    root,
    ask,
    vek,
    anchors: [anchorFromCertificate(root, 'root')],
    input: { report: report(), vek, chain: [ask], at: snpClocksAt(NOW) },
    report,
  };
}

/** Ids of the checks with this answer, in order. */
export function answers(
  { checks }: { readonly checks: readonly Check[] },
  outcome: Check['outcome'],
): string[] {
  return checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
}

/** The check of this id, which must have been answered once. */
export function answerOf({ checks }: { readonly checks: readonly Check[] }, id: string): Check {
  const [only, ...more] = checks.filter((check) => check.id === id);
  if (only === undefined || more.length > 0) throw new Error(`${id} was not answered once`);
  return only;
}

const TABLE_ENTRY = 24;

/** What a certificate table may hold, as bytes of its GUID in the order of RFC 4122. */
export const GUIDS = {
  vcek: hex('63da758d e664 4564 adc5 f4b93be8accd'),
  vlek: hex('a8074bc2 a25a 483e aae6 39c045a0b8a1'),
  ask: hex('4ab7b379 bbac 4fe4 a02f 05aef327c782'),
  ark: hex('c0b406a4 a803 4952 9743 3fb6014cd0ae'),
  crl: hex('92f81bc3 5811 4d3d 97ff d19f88dc67ea'),
  extraPlatformInfo: hex('ecae0c0f 9502 43b1 afa2 0ae2e0d565b6'),
} as const;

export interface TableSlot {
  readonly guid: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

/** A header with its end, then whatever bytes the test puts behind it. */
export function tableOf(slots: readonly TableSlot[], behind: Uint8Array): Uint8Array {
  const rows = slots.map(({ guid, offset, length }) =>
    concatBytes(guid, le(offset, 4), le(length, 4)),
  );
  return concatBytes(...rows, new Uint8Array(TABLE_ENTRY), behind);
}

/** A good table: the entries' bytes one behind the other. */
export function goodTable(entries: readonly (readonly [Uint8Array, Uint8Array])[]): Uint8Array {
  let offset = TABLE_ENTRY * (entries.length + 1);
  const slots = entries.map(([guid, data]) => {
    const slot = { guid, offset, length: data.length };
    offset += data.length;
    return slot;
  });
  return tableOf(slots, concatBytes(...entries.map(([, data]) => data)));
}
