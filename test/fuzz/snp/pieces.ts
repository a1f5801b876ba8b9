import { elementAt } from '../../support/forge.ts';

/*
 * What certificates and lists of the fixtures say, read without the code under test. Of
 * well-formed DER only: whatever is not known byte for byte is never asked.
 */

export type Line = 'Milan' | 'Genoa' | 'Turin';
export type Kind = 'vcek' | 'vlek';

export interface CertificateFacts {
  readonly der: Uint8Array;
  readonly serial: string;
  /** Hex of the Name. */
  readonly issuer: string;
  readonly subject: string;
  /** Hex of the SubjectPublicKeyInfo. */
  readonly key: string;
  readonly selfIssued: boolean;
}

export function factsOf(der: Uint8Array): CertificateFacts {
  const [issuer, subject] = [hexAt(der, 3), hexAt(der, 5)];
  return {
    der,
    serial: hexAt(der, 1),
    issuer,
    subject,
    key: hexAt(der, 6),
    selfIssued: issuer === subject,
  };
}

function hexAt(der: Uint8Array, index: number): string {
  return hexOf(elementAt(der, [0, index]));
}

/** What a VEK certificate is for. */
export interface VekFacts extends CertificateFacts {
  readonly kind: Kind | undefined;
  /** By the issuer's name and by the product's. */
  readonly lines: readonly (Line | undefined)[];
  readonly hwId: string | undefined;
  readonly tcb: string;
}

/** Last arcs below 1.3.6.1.4.1.3704.1.3 in the order of the report's TCB_VERSION. */
const SPLS = {
  Milan: [1, 2, 4, 5, 6, 7, 3, 8],
  Genoa: [1, 2, 4, 5, 6, 7, 3, 8],
  Turin: [9, 1, 2, 3, 5, 6, 7, 8],
} as const;

export function vekFactsOf(der: Uint8Array): VekFacts {
  const facts = factsOf(der);
  const issuerLine = lineIn(facts.issuer);
  const wrapped = extension(der, [4]);
  const length = issuerLine === 'Turin' ? 8 : 64;
  const hwId = wrapped && (wrapped.length === length + 2 ? wrapped.subarray(2) : wrapped);
  const product = Buffer.from(extension(der, [2]) ?? []).toString('latin1');
  return {
    ...facts,
    kind: commonName(facts.subject) === 'SEV-VLEK' ? 'vlek' : 'vcek',
    lines: [issuerLine, (/^..(Milan|Genoa|Turin)(?:-|$)/s.exec(product)?.[1] ?? undefined) as Line],
    hwId: hwId && hexOf(hwId),
    tcb: SPLS[issuerLine ?? 'Genoa']
      .map((arc) => hexOf(extension(der, [3, arc])?.slice(-1)))
      .join(''),
  };
}

/** Raw bytes of AMD's extension 1.3.6.1.4.1.3704.1.<arcs>. */
function extension(der: Uint8Array, arcs: readonly number[]): Uint8Array | undefined {
  const oid = Buffer.from([0x06, 8 + arcs.length, ...OID_OF_AMD, ...arcs]);
  const at = Buffer.from(der).indexOf(oid);
  if (at < 0) return undefined;
  const value = at + oid.length; // OCTET STRING, short form
  return der.subarray(value + 2, value + 2 + (der[value + 1] ?? 0));
}

const OID_OF_AMD = [0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01] as const;

function commonName(name: string): string {
  return /(?:ARK|SEV)-[A-Za-z-]+$/.exec(Buffer.from(name, 'hex').toString('latin1'))?.[0] ?? '';
}

/** Of a name of AMD's hierarchy; an ARK's or an intermediate's. */
export function lineIn(name: string): Line | undefined {
  return /(?:ARK|SEV|VLEK)-(Milan|Genoa|Turin)$/.exec(commonName(name))?.[1] as Line | undefined;
}

export interface CrlFacts {
  readonly issuer: string;
  /** Hex of the INTEGERs. */
  readonly revoked: readonly string[];
}

/** A v2 list with both dates, as all lists of the fixtures are. */
export function crlFactsOf(der: Uint8Array): CrlFacts {
  const issuer = hexOf(elementAt(der, [0, 2]));
  const revoked: string[] = [];
  if (tagAt(der, [0, 5]) !== 0x30) return { issuer, revoked };
  for (let i = 0; tagAt(der, [0, 5, i]) !== undefined; i++) {
    revoked.push(hexOf(elementAt(der, [0, 5, i, 0])));
  }
  return { issuer, revoked };
}

function tagAt(der: Uint8Array, path: readonly number[]): number | undefined {
  try {
    return elementAt(der, path)[0];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What the signed part of a report says, as far as certificates must say the same. */
export interface ReportFacts {
  readonly kind: Kind | undefined;
  readonly chipId: string;
  readonly tcb: string;
  readonly reportData: string;
  /** Undefined where the version names no processor. */
  readonly line: Line | 'unknown' | undefined;
}

export function reportFactsOf(report: Uint8Array): ReportFacts {
  const signer = ((report[0x48] ?? 0) >> 2) & 7;
  const [family = 0, model = 0] = report.subarray(0x188);
  return {
    kind: signer === 0 ? 'vcek' : signer === 1 ? 'vlek' : undefined,
    chipId: hexOf(report.subarray(0x1a0, 0x1e0)),
    tcb: hexOf(report.subarray(0x180, 0x188)),
    reportData: hexOf(report.subarray(0x50, 0x90)),
    line: (report[0] ?? 0) < 3 ? undefined : (lineOfModel(family, model) ?? 'unknown'),
  };
}

function lineOfModel(family: number, model: number): Line | undefined {
  if (family === 0x1a) return model <= 0x11 ? 'Turin' : undefined;
  if (family !== 0x19) return undefined;
  if (model <= 0x0f) return 'Milan';
  return model <= 0x1f || (model >= 0xa0 && model <= 0xaf) ? 'Genoa' : undefined;
}

/**
 * The DER of one structure, or of each block of a PEM text; undefined for anything else. White
 * space and how base64 is broken into lines make no difference.
 */
export function dersOf(bytes: Uint8Array, label: string): Uint8Array[] | undefined {
  if (bytes[0] === 0x30) return [bytes];
  const text = Buffer.from(bytes).toString('latin1');
  const block = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, 'g');
  if (/[^\r\n\t ]/.test(text.replaceAll(block, ''))) return undefined;
  return [...text.matchAll(block)].map(([, body = '']) =>
    Uint8Array.from(Buffer.from(body.replaceAll(/[\r\n\t ]/g, ''), 'base64')),
  );
}

export function hexOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}
