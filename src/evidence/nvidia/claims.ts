import { toHex } from '../../core/bytes/hex.ts';
import { formatTime } from '../../core/encoding/time.ts';
import type { DistinguishedName } from '../../core/x509/name.ts';
import { certificateClaims } from '../certificate-claims.ts';
import type { Claims } from '../verification.ts';
import type { DeviceChain } from './chain.ts';
import type { HeldFloor } from './floors.ts';
import type { GivenRim } from './manifests.ts';
import type { ManifestComparison } from './measurement-checks.ts';
import { modeOf, type OpaqueData } from './opaque.ts';
import type { OpaqueField } from './opaque-fields.ts';
import type { NvidiaReport } from './report.ts';
import type { RimKind, WantedRim } from './rim-id.ts';

/** Every field of the exchange; whether to believe them is what the checks say. */
export function reportClaims(report: NvidiaReport, opaque: OpaqueData | undefined): Claims {
  return {
    nonce: toHex(report.nonce),
    slotId: report.slotId,
    measurementBlocks: report.blocks.length,
    measurements: report.blocks.map(toHex),
    responderNonce: toHex(report.responderNonce),
    signature: toHex(report.signature),
    ...(opaque ? opaqueClaims(opaque) : { opaque: toHex(report.opaque) }),
  };
}

function opaqueClaims(opaque: OpaqueData): Claims {
  const { version, driverVersion, vbiosVersion, project, projectSku, chipSku } = opaque;
  const isSwitch = opaque.devicePdi !== undefined || opaque.gpuPdis !== undefined;
  return {
    ...(driverVersion !== undefined && { driver: driverVersion }),
    ...(vbiosVersion !== undefined && { [isSwitch ? 'bios' : 'vbios']: vbiosVersion }),
    ...(project !== undefined && { project }),
    ...(projectSku !== undefined && { projectSku }),
    ...(chipSku !== undefined && { chipSku }),
    ...(opaque.chipInfo !== undefined && { chipInfo: opaque.chipInfo }),
    ...(version !== undefined && { opaqueVersion: version }),
    ...(opaque.featureFlag !== undefined && { featureFlag: opaque.featureFlag }),
    ...status('protectedPcie', opaque.protectedPcieStatus),
    ...status('nvdec0', opaque.nvdec0Status),
    ...(!isSwitch && { mode: modeOf(opaque) }),
    ...(opaque.fwid && { fwid: toHex(opaque.fwid) }),
    ...(opaque.fspUcodeSvn !== undefined && { fspUcodeSvn: opaque.fspUcodeSvn }),
    ...(opaque.switchPdis && { switchPdis: opaque.switchPdis.map(toHex) }),
    ...(opaque.devicePdi && { devicePdi: toHex(opaque.devicePdi) }),
    ...(opaque.gpuPdis && { gpuPdis: opaque.gpuPdis.map(toHex) }),
    opaque: opaque.fields.map(fieldClaims),
  };
}

/** One byte in hex, as NVIDIA's documents write it: `aa` on, `55` off. */
function status(name: string, byte: number | undefined): Claims {
  return byte === undefined ? {} : { [name]: toHex(Uint8Array.of(byte)) };
}

function fieldClaims({ type, name, valueType, data }: OpaqueField): Claims {
  return {
    type,
    name: name ?? null,
    ...(valueType !== undefined && { valueType }),
    data: toHex(data),
  };
}

export function chainClaims({ certificates, identity, anchor }: DeviceChain): Claims {
  const [leaf] = certificates;
  return {
    ...(identity && {
      device: identity.kind,
      chip: identity.chip,
      hwModel: identity.hwModel,
      ueid: identity.ueid,
      ...(identity.pdi && { pdi: toHex(identity.pdi) }),
    }),
    ...(leaf && { leafSubject: rfc4514(leaf.subject) }),
    ...(certificates.length > 0 && { chain: certificates.map(certificateClaims) }),
    ...(anchor && { rootSubject: anchor.certificate.subject.text }),
  };
}

/** Short names of RFC 4514 section 3; another type is written as its object identifier. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
]);

/** RFC 4514: the last attribute first, as NVIDIA's tools print a subject. */
function rfc4514({ attributes }: DistinguishedName): string {
  return attributes
    .toReversed()
    .map(({ type, value }) => `${SHORT_NAMES.get(type) ?? type}=${value}`)
    .join(',');
}

/** What was looked for, what was found, and how the measurements compare. */
export function rimsClaims(
  wanted: readonly WantedRim[],
  rims: ReadonlyMap<RimKind, GivenRim>,
  compared: ManifestComparison | undefined,
): Claims {
  return {
    ...Object.fromEntries(wanted.map((want) => [idName(want), want.id])),
    ...Object.fromEntries(
      wanted.flatMap((want) => {
        const rim = rims.get(want.kind);
        return rim ? [[`${want.kind}Rim`, rimSummary(rim)]] : [];
      }),
    ),
    ...(compared && {
      comparedManifests: compared.manifests,
      goldenIndices: compared.golden,
      comparedIndices: compared.compared,
      skippedIndices: compared.skipped,
      mismatches: compared.mismatches.map(({ index, name, source, want, got }) => ({
        index,
        name,
        source,
        want,
        got,
      })),
    }),
    ...(compared && compared.floors.length > 0 && { svnFloors: compared.floors.map(floorClaims) }),
  };
}

function floorClaims({ type, name, source, least, got }: HeldFloor): Claims {
  return { type, name, source, least, got: got ?? null };
}

function idName({ kind, edition }: WantedRim): string {
  if (kind === 'driver') return 'rimDriverId';
  return edition === 'SWITCH' ? 'rimBiosId' : 'rimVbiosId';
}

function rimSummary({ reading: { manifest, certificates } }: GivenRim): Claims {
  const [signer] = certificates;
  return {
    ...(manifest && {
      product: manifest.product,
      edition: manifest.edition,
      version: manifest.colloquialVersion,
      tagId: manifest.tagId,
    }),
    ...(signer && {
      signer: signer.subject.text,
      signerNotBefore: formatTime(signer.validity.from),
      signerNotAfter: formatTime(signer.validity.to),
    }),
  };
}
