import { utf8 } from '../core/bytes/text.ts';
import { Fault } from '../core/fault.ts';
import { looksLikeNrasEat, nrasClaims } from '../evidence/nvidia/nras/claims.ts';
import { TDX_COLLATERAL_MEMBERS } from '../evidence/tdx/collateral.ts';
import { eventLogClaims } from '../evidence/tdx/event-log/claims.ts';
import { readEventLog } from '../evidence/tdx/event-log/read.ts';
import type { Claims } from '../evidence/verification.ts';
import { tpmQuoteClaims } from '../evidence/vtpm/claims.ts';
import { inspectHcl } from '../evidence/vtpm/inspect.ts';
import { parseTpmQuote } from '../evidence/vtpm/tpm-quote.ts';
import { asciiText } from './input.ts';
import { bundleFileClaims, looksLikeBundle } from './inspect-bundle.ts';
import {
  looksLikeNote,
  looksLikeTlogProof,
  looksLikeVerifierKey,
  noteClaims,
  tlogProofClaims,
  verifierKeyClaims,
} from './inspect-ledger.ts';
import {
  looksLikeNvidiaEvidence,
  looksLikeOcsp,
  looksLikeRim,
  nvidiaEvidenceClaims,
  nvidiaReportClaims,
  ocspClaims,
  rimFileClaims,
  SPDM_REQUEST,
} from './inspect-nvidia.ts';
import { looksLikeSnpReport, snpReportClaims } from './inspect-snp.ts';
import { looksLikeSshCertificate, sshCertificateClaims } from './inspect-ssh.ts';
import { ccelTableClaims, collateralClaims, tdxQuoteClaims } from './inspect-tdx.ts';
import {
  derCertificateClaims,
  derCrlClaims,
  looksLikeCertificate,
  pemCertificatesClaims,
  pemCrlClaims,
} from './inspect-x509.ts';

interface Format {
  readonly name: string;
  /** A cheap look, not a proof: `claims` then reads it strictly. */
  readonly looksLike: (bytes: Uint8Array, text: string | undefined) => boolean;
  readonly claims: (bytes: Uint8Array) => Claims;
}

/** Gathered in one file, or as Intel’s service answers. */
const COLLATERAL_MEMBERS = [...TDX_COLLATERAL_MEMBERS, 'tcbInfo', 'enclaveIdentity'];
const COLLATERAL_MEMBER = new RegExp(`"(?:${COLLATERAL_MEMBERS.join('|')})"`);

/** The first that a file looks like is what it is held to be. */
export const FORMATS: readonly Format[] = [
  {
    name: 'SEV-SNP attestation report',
    looksLike: looksLikeSnpReport,
    claims: snpReportClaims,
  },
  {
    name: 'OpenSSH certificate',
    looksLike: (_bytes, text) => looksLikeSshCertificate(text),
    claims: sshCertificateClaims,
  },
  {
    name: 'TDX quote',
    looksLike: (bytes) =>
      startsWith(bytes, [4, 0]) || startsWith(bytes, [5, 0]) || startsWith(bytes, [3, 0, 2, 0]),
    claims: tdxQuoteClaims,
  },
  {
    name: 'CCEL ACPI table',
    looksLike: (bytes) => startsWith(bytes, utf8('CCEL')),
    claims: ccelTableClaims,
  },
  {
    name: 'TCG2 event log (CCEL)',
    looksLike: (bytes) => startsWith(bytes.subarray(32), utf8('Spec ID Event03')),
    claims: (bytes) => eventLogClaims(readEventLog(bytes)),
  },
  {
    name: 'NVIDIA attestation report',
    looksLike: (bytes) => startsWith(bytes, SPDM_REQUEST),
    claims: nvidiaReportClaims,
  },
  {
    name: 'NVIDIA manifest (RIM)',
    looksLike: (_, text) => looksLikeRim(text),
    claims: rimFileClaims,
  },
  {
    name: 'NRAS token (detached EAT)',
    looksLike: looksLikeNrasEat,
    claims: nrasClaims,
  },
  {
    name: 'NVIDIA evidence JSON',
    looksLike: (_, text) => looksLikeNvidiaEvidence(text),
    claims: nvidiaEvidenceClaims,
  },
  {
    name: 'Postern bundle',
    looksLike: (_, text) => looksLikeBundle(text),
    claims: bundleFileClaims,
  },
  {
    name: 'dstack event log',
    looksLike: (bytes, text) => firstInk(bytes) === '[' && (text ?? '"imr"').includes('"imr"'),
    claims: (bytes) => eventLogClaims(readEventLog(bytes)),
  },
  {
    name: 'TDX collateral',
    looksLike: (bytes, text) => firstInk(bytes) === '{' && COLLATERAL_MEMBER.test(text ?? ''),
    claims: collateralClaims,
  },
  {
    name: 'transparency log proof',
    looksLike: looksLikeTlogProof,
    claims: tlogProofClaims,
  },
  {
    name: 'signed note',
    looksLike: looksLikeNote,
    claims: noteClaims,
  },
  {
    name: 'verifier key of notes',
    looksLike: looksLikeVerifierKey,
    claims: verifierKeyClaims,
  },
  {
    name: 'X.509 certificates',
    looksLike: (_, text) => text?.includes('-----BEGIN CERTIFICATE-----') === true,
    claims: pemCertificatesClaims,
  },
  {
    name: 'X.509 CRL',
    looksLike: (_, text) => text?.includes('-----BEGIN X509 CRL-----') === true,
    claims: pemCrlClaims,
  },
  {
    name: 'OCSP response, DER',
    looksLike: looksLikeOcsp,
    claims: ocspClaims,
  },
  {
    name: 'X.509 certificate, DER',
    looksLike: (bytes) => startsWith(bytes, [0x30]) && looksLikeCertificate(bytes),
    claims: derCertificateClaims,
  },
  {
    name: 'X.509 CRL, DER',
    looksLike: (bytes) => startsWith(bytes, [0x30]),
    claims: derCrlClaims,
  },
  {
    name: 'Azure HCL report',
    looksLike: (bytes) => startsWith(bytes, utf8('HCLA')),
    claims: inspectHcl,
  },
  {
    name: 'TPM quote (TPMS_ATTEST)',
    looksLike: (bytes) => startsWith(bytes, TPM_GENERATED),
    claims: (bytes) => tpmQuoteClaims(parseTpmQuote(bytes)),
  },
];

/** TPM_GENERATED_VALUE, at the front of whatever a TPM signs. */
const TPM_GENERATED = [0xff, 0x54, 0x43, 0x47];

export function formatOf(bytes: Uint8Array): Format | undefined {
  const text = asciiText(bytes);
  return FORMATS.find((format) => format.looksLike(bytes, text));
}

/**
 * For a verb that could not read its file: the wrong file is a likelier mistake than a broken
 * one. Said only of what reads as another kind from its first byte to its last.
 */
export function otherFormatNotes(bytes: Uint8Array): readonly string[] {
  const format = formatOf(bytes);
  if (format === undefined || !reads(() => format.claims(bytes))) return [];
  return [`the file is of another kind: ${format.name} (see postern inspect)`];
}

function reads(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return false;
    throw error;
  }
}

/** The first character that is not white space; the text behind it need not be ASCII. */
function firstInk(bytes: Uint8Array): string {
  const at = bytes.findIndex((byte) => byte !== 0x20 && (byte < 0x09 || byte > 0x0d));
  return String.fromCharCode(bytes[at] ?? 0);
}

function startsWith(bytes: Uint8Array, prefix: ArrayLike<number>): boolean {
  return bytes.length >= prefix.length && Array.from(prefix).every((byte, i) => bytes[i] === byte);
}
