import { toHex } from '../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../core/bytes/text.ts';
import { parseJson } from '../core/encoding/json.ts';
import { fromPem } from '../core/encoding/pem.ts';
import { formatTime } from '../core/encoding/time.ts';
import { Fault } from '../core/fault.ts';
import { type Certificate, parseCertificate } from '../core/x509/certificate.ts';
import { type Crl, parseCrl } from '../core/x509/crl.ts';
import { NAME_CONSTRAINTS } from '../core/x509/name-constraints.ts';
import { certificateClaims, crlClaims } from '../evidence/certificate-claims.ts';
import { looksLikeNrasEat, nrasClaims } from '../evidence/nvidia/nras/claims.ts';
import { chainClaims, extensionClaims, quoteClaims } from '../evidence/tdx/claims.ts';
import { parseTdxCollateral, TDX_COLLATERAL_MEMBERS } from '../evidence/tdx/collateral.ts';
import { endorsementClaims } from '../evidence/tdx/collateral-claims.ts';
import { decodeCrl, readEndorsements } from '../evidence/tdx/endorsements.ts';
import { parseCcelTable } from '../evidence/tdx/event-log/ccel-table.ts';
import { eventLogClaims } from '../evidence/tdx/event-log/claims.ts';
import { readEventLog } from '../evidence/tdx/event-log/read.ts';
import { readPckChain } from '../evidence/tdx/pck-chain.ts';
import { parsePckExtension, SGX_EXTENSION } from '../evidence/tdx/pck-extension.ts';
import { parseQuote } from '../evidence/tdx/quote.ts';
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
import { looksLikeSnpReport, snpReportClaims, vekClaims } from './inspect-snp.ts';
import { looksLikeSshCertificate, sshCertificateClaims } from './inspect-ssh.ts';

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
    claims: (bytes) => {
      const quote = parseQuote(bytes);
      return { ...quoteClaims(quote), ...chainClaims(readPckChain(quote.certification, [])) };
    },
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
    claims: (bytes) => {
      const ders = fromPem(asciiText(bytes) ?? '', 'CERTIFICATE', 'pem');
      return {
        certificates: ders.map((der, i) =>
          certificateDetails(parseCertificate(der, `pem[${i}]`, [NAME_CONSTRAINTS])),
        ),
      };
    },
  },
  {
    name: 'X.509 CRL',
    looksLike: (_, text) => text?.includes('-----BEGIN X509 CRL-----') === true,
    claims: (bytes) => {
      const [der = new Uint8Array()] = fromPem(asciiText(bytes) ?? '', 'X509 CRL', 'pem');
      return crlDetails(parseCrl(der, 'crl'));
    },
  },
  {
    name: 'OCSP response, DER',
    looksLike: looksLikeOcsp,
    claims: ocspClaims,
  },
  {
    name: 'X.509 certificate, DER',
    looksLike: (bytes) => startsWith(bytes, [0x30]) && isCertificate(bytes),
    claims: (bytes) =>
      certificateDetails(parseCertificate(bytes, 'certificate', [NAME_CONSTRAINTS])),
  },
  {
    name: 'X.509 CRL, DER',
    looksLike: (bytes) => startsWith(bytes, [0x30]),
    claims: (bytes) => crlDetails(parseCrl(bytes, 'crl')),
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

function ccelTableClaims(bytes: Uint8Array): Claims {
  const table = parseCcelTable(bytes);
  return {
    revision: table.revision,
    oemId: latin1(table.oemId),
    oemTableId: latin1(table.oemTableId),
    oemRevision: table.oemRevision,
    creatorId: latin1(table.creatorId),
    creatorRevision: table.creatorRevision,
    ccType: 'TDX',
    ccSubtype: table.ccSubtype,
    logAreaMinimumLength: Number(table.logAreaMinimumLength),
    logAreaStartAddress: `0x${table.logAreaStartAddress.toString(16)}`,
  };
}

/** Text of a fixed field; what is not printable shows as a dot. */
function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1')
    .decode(bytes)
    .replace(/[^ -~]/g, '.')
    .trimEnd();
}

/** The common shape, or one signed document as Intel's service serves it. */
function collateralClaims(bytes: Uint8Array): Claims {
  const text = fromUtf8(bytes, 'json');
  const { value, members } = parseJson(text, 'json');
  const span = (name: string) => {
    const found = members.get(name);
    return found && text.slice(found.start, found.end);
  };
  const [tcbInfo, qeIdentity] = [span('tcbInfo'), span('enclaveIdentity')];
  const served = tcbInfo !== undefined || qeIdentity !== undefined;
  const collateral = served
    ? { ...(tcbInfo && { tcb_info: tcbInfo }), ...(qeIdentity && { qe_identity: qeIdentity }) }
    : parseTdxCollateral(bytes);
  const endorsements = readEndorsements(collateral, []);
  // Who signed it is not asked here, so it is read apart from that question.
  const rootCaCrl = 'root_ca_crl' in collateral ? collateral.root_ca_crl : undefined;
  const problems = endorsements.checks
    .filter(({ id, outcome }) => id.endsWith('.format') && outcome === 'fail')
    .map((check) => `${check.path}: ${check.outcome === 'fail' ? check.got : ''}`);
  return {
    members: Object.keys(value ?? {}),
    ...endorsementClaims(endorsements),
    ...(rootCaCrl && problems.length === 0 && { rootCaCrl: rootCrlClaims(rootCaCrl) }),
    ...(problems.length > 0 && { problems }),
  };
}

function rootCrlClaims(text: string): Claims {
  const path = 'collateral.root_ca_crl';
  return crlClaims(parseCrl(decodeCrl(text, path), path));
}

function certificateDetails(certificate: Certificate): Claims {
  const { basicConstraints, keyUsage, extensions, publicKey } = certificate;
  const sgx = extensions.get(SGX_EXTENSION);
  return {
    ...certificateClaims(certificate),
    publicKey: toHex(publicKey.der),
    ca: basicConstraints?.ca ?? false,
    keyUsage: Object.entries(keyUsage ?? {})
      .filter(([, set]) => set)
      .map(([name]) => name),
    extensions: [...extensions.keys()],
    ...(sgx && { sgx: extensionClaims(parsePckExtension(sgx.value, 'certificate.sgx')) }),
    ...vekClaims(certificate),
  };
}

function crlDetails(crl: Crl): Claims {
  return {
    ...crlClaims(crl),
    revoked: [...crl.revoked].map(([serial, at]) => ({ serial, at: formatTime(at) })),
  };
}

/** Both are a SEQUENCE of a to-be-signed SEQUENCE; a certificate's begins with its [0] version. */
function isCertificate(bytes: Uint8Array): boolean {
  const inner = headerLength(bytes, 0);
  return bytes[inner + headerLength(bytes, inner)] === 0xa0;
}

function headerLength(bytes: Uint8Array, at: number): number {
  const length = bytes[at + 1] ?? 0;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}

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
