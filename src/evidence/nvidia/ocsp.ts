import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import { isMismatch, type Mismatch } from '../../core/mismatch.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import {
  type OcspFailure,
  type OcspResponse,
  type OcspSingleResponse,
  parseOcspResponse,
} from '../../core/x509/ocsp.ts';
import { certIdMatches, ocspSigner } from '../../core/x509/ocsp-signer.ts';
import type { OcspInput } from './input.ts';

/** A certificate that OCSP is asked about. */
export interface OcspSubject {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly owner: 'device' | 'rim';
}

/** One response about one certificate, whatever the time. */
export interface OcspAnswer {
  readonly subject: OcspSubject;
  readonly single: OcspSingleResponse;
  /** Who signed; a mismatch where nobody did who might. */
  readonly signer: Certificate | Mismatch;
  /** Undefined where it was asked without a nonce. */
  readonly nonce: 'echoed' | Mismatch | undefined;
}

/** What the bytes of the responses say, and about whom. */
export interface OcspReading {
  readonly subjects: readonly OcspSubject[];
  readonly answers: readonly OcspAnswer[];
  /** The first that can't be read; what comes after an unsigned answer is not looked at. */
  readonly malformed: Fault | undefined;
  /** Of those that are no answer and therefore unsigned. */
  readonly failures: readonly OcspFailure[];
  /** Of an answer about none of the subjects. */
  readonly stray: Mismatch | undefined;
  /** The serial number of a subject that an answer names by SHA-1 to clear it. */
  readonly weak: string | undefined;
  /** Well-formed and well signed, all of it. */
  readonly good: boolean;
}

/** A response, and where it stands among those that were given. */
export interface PlacedOcsp extends OcspInput {
  readonly at: string;
}

/** Of a whole machine: each response, and the serial numbers that it is about. */
export interface OcspPool {
  /** Of those that name no serial number, one of each kind: they are the same news for every device. */
  readonly unnamed: readonly PlacedOcsp[];
  readonly bySerial: ReadonlyMap<string, readonly PlacedOcsp[]>;
}

export function placeOcsp(inputs: readonly OcspInput[]): readonly PlacedOcsp[] {
  return inputs.map((input, i) => ({ ...input, at: `ocsp[${i}]` }));
}

/** Once for all devices; nothing is verified yet. */
export function poolOcsp(inputs: readonly OcspInput[]): OcspPool {
  const unnamed = new Map<string, PlacedOcsp>();
  const bySerial = new Map<string, PlacedOcsp[]>();
  for (const input of placeOcsp(inputs)) {
    const parsed = parsedOcsp(input);
    if (parsed instanceof Fault || parsed.status !== 'successful') {
      const kind = parsed instanceof Fault ? 'malformed' : parsed.status;
      if (!unnamed.has(kind)) unnamed.set(kind, input);
      continue;
    }
    for (const serial of new Set(parsed.response.responses.map(({ certId }) => certId.serial))) {
      bySerial.set(serial, [...(bySerial.get(serial) ?? []), input]);
    }
  }
  return { unnamed: [...unnamed.values()], bySerial };
}

/** What a device has to look at. */
export function ocspAbout(
  { unnamed, bySerial }: OcspPool,
  subjects: readonly OcspSubject[],
): readonly PlacedOcsp[] {
  const named = subjects.flatMap(({ certificate }) => bySerial.get(certificate.serial) ?? []);
  return [...new Set([...unnamed, ...named])];
}

function parsedOcsp({ response, at }: PlacedOcsp) {
  try {
    return parseOcspResponse(response, at);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return error;
  }
}

/**
 * Reads responses and verifies who signed them. Nothing here depends on the time.
 *
 * @param known of whom they may speak besides. Of one device’s own, one about anybody else is
 *   somebody’s mistake or worse; undefined of a whole machine’s, which are about all its devices.
 */
export function readOcsp(
  inputs: readonly PlacedOcsp[],
  subjects: readonly OcspSubject[],
  known: readonly OcspSubject[] | undefined,
): OcspReading {
  const unique = distinct(subjects);
  const answers: OcspAnswer[] = [];
  const failures: OcspFailure[] = [];
  let malformed: Fault | undefined;
  let stray: Mismatch | undefined;
  let weak: string | undefined;
  for (const input of inputs) {
    const parsed = parsedOcsp(input);
    if (parsed instanceof Fault) {
      malformed ??= parsed;
      continue;
    }
    if (parsed.status !== 'successful') {
      failures.push(parsed.status);
      continue;
    }
    const { found, unknown, cleared } = answersOf(parsed.response, unique, input.nonce);
    answers.push(...found);
    weak ??= cleared;
    stray ??=
      known && unknown.map((single) => strayOf(single, [...unique, ...known])).find(isGiven);
    // That fails already; who sends hundreds of them shall not have them all verified.
    if (found.some(({ signer }) => isMismatch(signer))) break;
  }
  const good =
    malformed === undefined &&
    stray === undefined &&
    weak === undefined &&
    failures.length === 0 &&
    answers.every(({ signer, nonce: echo }) => !isMismatch(signer) && !isDifferent(echo));
  return { subjects: unique, answers, malformed, failures, stray, weak, good };
}

export function isDifferent(nonce: OcspAnswer['nonce']): nonce is Mismatch {
  return typeof nonce === 'object';
}

/** Manifests share CAs. */
function distinct(subjects: readonly OcspSubject[]): readonly OcspSubject[] {
  return subjects.filter(
    ({ certificate }, i) =>
      subjects.findIndex((other) => equalBytes(other.certificate.der, certificate.der)) === i,
  );
}

function answersOf(
  response: OcspResponse,
  subjects: readonly OcspSubject[],
  asked: Uint8Array | undefined,
) {
  const found: OcspAnswer[] = [];
  const unknown: OcspSingleResponse[] = [];
  let cleared: string | undefined;
  const signers = new Map<Certificate, Certificate | Mismatch>();
  const signerFor = (issuer: Certificate) => {
    const signer = signers.get(issuer) ?? ocspSigner(response, issuer);
    signers.set(issuer, signer);
    return signer;
  };
  for (const single of response.responses) {
    const subject = subjects.find(({ certificate, issuer }) =>
      certIdMatches(single.certId, certificate, issuer),
    );
    const named = subject ?? subjectBySha1(single, subjects, signerFor);
    if (named === undefined) unknown.push(single);
    else if (subject === undefined && single.status === 'good') cleared ??= single.certId.serial;
    else {
      const signer = signerFor(named.issuer);
      found.push({ subject: named, single, signer, nonce: echoOf(response, asked) });
    }
  }
  return { found, unknown, cleared };
}

/**
 * Two issuers can be made whose names or keys have one SHA-1. But this answer was signed for this
 * issuer, and serial numbers are the issuer’s own: it is about this certificate. It may speak
 * against it; what it says for it is not relied upon.
 */
function subjectBySha1(
  { certId }: OcspSingleResponse,
  subjects: readonly OcspSubject[],
  signerFor: (issuer: Certificate) => Certificate | Mismatch,
): OcspSubject | undefined {
  if (certId.hashAlgorithm !== 'sha1') return undefined;
  return subjects.find(
    ({ certificate, issuer }) =>
      certificate.serial === certId.serial && !isMismatch(signerFor(issuer)),
  );
}

function strayOf(
  { certId }: OcspSingleResponse,
  known: readonly OcspSubject[],
): Mismatch | undefined {
  const isKnown = known.some(({ certificate, issuer }) =>
    certIdMatches(certId, certificate, issuer),
  );
  if (isKnown) return undefined;
  const alike = known.some(({ certificate }) => certificate.serial === certId.serial);
  return {
    want: 'answers about certificates of this evidence',
    got: `one about serial ${certId.serial}${alike ? ', of another issuer' : ''}`,
  };
}

function isGiven(mismatch: Mismatch | undefined): mismatch is Mismatch {
  return mismatch !== undefined;
}

function echoOf({ nonce }: OcspResponse, asked: Uint8Array | undefined): OcspAnswer['nonce'] {
  if (asked === undefined) return undefined;
  if (nonce && equalBytes(nonce, asked)) return 'echoed';
  return { want: 'the nonce that it was asked with', got: nonce ? 'another' : 'none' };
}
