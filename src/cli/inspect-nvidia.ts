import { toHex } from '../core/bytes/hex.ts';
import { formatTime } from '../core/encoding/time.ts';
import { parseXml } from '../core/encoding/xml.ts';
import { parseOcspResponse } from '../core/x509/ocsp.ts';
import { readDeviceChain } from '../evidence/nvidia/chain.ts';
import { chainClaims, reportClaims } from '../evidence/nvidia/claims.ts';
import { readNvidiaEvidence } from '../evidence/nvidia/evidence-json.ts';
import type { DeviceKind, NvidiaDevice } from '../evidence/nvidia/input.ts';
import { parseOpaqueData } from '../evidence/nvidia/opaque.ts';
import { parseNvidiaReport } from '../evidence/nvidia/report.ts';
import { rimClaims } from '../evidence/nvidia/rim/claims.ts';
import { parseRimManifest } from '../evidence/nvidia/rim/manifest.ts';
import type { Claims } from '../evidence/verification.ts';
import { firstOf } from './inspect-order.ts';

/** SPDM 1.1, GET_MEASUREMENTS. */
export const SPDM_REQUEST = [0x11, 0xe0];

/** A switch has fewer measurement blocks than any GPU. */
const SWITCH_BLOCKS = 31;

export function nvidiaReportClaims(bytes: Uint8Array): Claims {
  return deviceClaims({ report: bytes });
}

/** Certificates are shown by what they say; under whose root they are is for `verify`. */
function deviceClaims({ report: bytes, chain }: NvidiaDevice): Claims {
  const report = parseNvidiaReport(bytes);
  const certificates = chain && readDeviceChain(chain, []);
  const kind: DeviceKind = report.blocks.length === SWITCH_BLOCKS ? 'switch' : 'gpu';
  return firstOf(IDENTITY, {
    ...reportClaims(report, parseOpaqueData(report.opaque, kind)),
    ...(certificates && chainClaims(certificates)),
  });
}

/** What one looks for in a report: above sixty-four measurements. */
const IDENTITY = ['device', 'chip', 'hwModel', 'ueid', 'driver', 'vbios', 'bios', 'mode'];

export function nvidiaEvidenceClaims(bytes: Uint8Array): Claims {
  return { devices: nvidiaDevicesClaims(bytes) };
}

export function nvidiaDevicesClaims(bytes: Uint8Array): readonly Claims[] {
  return readNvidiaEvidence(bytes).map(deviceClaims);
}

/** By a member that holds a report, under the names that NVIDIA's tools of different ages have for it. */
const REPORT_MEMBER = /"(?:evidence|attestationReportHexStr|attestation_report)"\s*:/;

export function looksLikeNvidiaEvidence(text: string | undefined): boolean {
  return text !== undefined && /^\s*[[{]/.test(text) && REPORT_MEMBER.test(text);
}

export function rimFileClaims(bytes: Uint8Array): Claims {
  return rimClaims(parseRimManifest(parseXml(bytes, 'rim')), []);
}

export function looksLikeRim(text: string | undefined): boolean {
  return text?.includes('SoftwareIdentity') === true;
}

/** An answer that is no certificate and no list: ENUMERATED first, then [0]. */
export function looksLikeOcsp(bytes: Uint8Array): boolean {
  const length = bytes[1] ?? 0;
  const content = 2 + (length > 0x80 ? length - 0x80 : 0);
  return bytes[0] === 0x30 && bytes[content] === 0x0a && bytes[content + 1] === 0x01;
}

export function ocspClaims(bytes: Uint8Array): Claims {
  const parsed = parseOcspResponse(bytes, 'ocsp');
  if (parsed.status !== 'successful') return { responseStatus: parsed.status };
  const { response } = parsed;
  return {
    responseStatus: parsed.status,
    producedAt: formatTime(response.producedAt),
    signatureAlgorithm: response.signatureAlgorithm,
    ...(response.nonce && { nonce: toHex(response.nonce) }),
    responses: response.responses.map(({ certId, status, validity, revokedAt, reason }) => ({
      serial: certId.serial,
      hashAlgorithm: certId.hashAlgorithm,
      status,
      ...(revokedAt !== undefined && { revokedAt: formatTime(revokedAt) }),
      ...(reason !== undefined && { reason }),
      thisUpdate: formatTime(validity.from),
      nextUpdate: formatTime(validity.to),
    })),
    certificates: response.certificates.map(({ subject }) => subject.text),
  };
}
