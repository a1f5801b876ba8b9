import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import { isMismatch, type Mismatch } from '../../core/mismatch.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { OcspFailure, OcspResponse, OcspSingleResponse } from '../../core/x509/ocsp.ts';
import { certIdMatches } from '../../core/x509/ocsp-signer.ts';
import { UNBOUNDED } from '../until.ts';
import type { GivenOcsp } from './given-ocsp.ts';

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
  /** When it or its signer ends, in milliseconds. */
  readonly until: number;
  /** A copy of the whole response. */
  readonly response: Uint8Array;
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
  /** Subjects that an answer names by SHA-1, without revoking them. */
  readonly weak: readonly OcspSubject[];
  /** Well-formed and well signed, all of it. */
  readonly good: boolean;
}

/**
 * Reads responses and verifies who signed them. Nothing here depends on the time.
 *
 * @param known of whom they may speak besides. Of one device’s own, one about anybody else is
 *   somebody’s mistake or worse; undefined of a whole machine’s, which are about all its devices.
 */
export function readOcsp(
  inputs: readonly GivenOcsp[],
  subjects: readonly OcspSubject[],
  known: readonly OcspSubject[] | undefined,
): OcspReading {
  const unique = distinct(subjects);
  const answers: OcspAnswer[] = [];
  const failures: OcspFailure[] = [];
  let malformed: Fault | undefined;
  let stray: Mismatch | undefined;
  const weak: OcspSubject[] = [];
  for (const given of inputs) {
    const { parsed } = given;
    if (parsed instanceof Fault) {
      malformed ??= parsed;
      continue;
    }
    if (parsed.status !== 'successful') {
      failures.push(parsed.status);
      continue;
    }
    const { found, unknown, cleared } = answersOf(parsed.response, unique, given);
    answers.push(...found);
    weak.push(...cleared);
    stray ??=
      known && unknown.map((single) => strayOf(single, [...unique, ...known])).find(isGiven);
    // That fails already; who sends hundreds of them shall not have them all verified.
    if (found.some(({ signer }) => isMismatch(signer))) break;
  }
  const good =
    malformed === undefined &&
    stray === undefined &&
    weak.length === 0 &&
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

function answersOf(response: OcspResponse, subjects: readonly OcspSubject[], given: GivenOcsp) {
  const found: OcspAnswer[] = [];
  const unknown: OcspSingleResponse[] = [];
  const cleared: OcspSubject[] = [];
  const signerFor = ({ issuer }: OcspSubject) => given.signerFor(response, issuer);
  for (const single of response.responses) {
    const subject = subjects.find(({ certificate, issuer }) =>
      certIdMatches(single.certId, certificate, issuer),
    );
    const named = subject ?? subjectBySha1(single, subjects, signerFor);
    if (named === undefined) unknown.push(single);
    else if (subject === undefined && single.status !== 'revoked') cleared.push(named);
    else {
      const signer = signerFor(named);
      found.push({
        subject: named,
        single,
        signer,
        nonce: echoOf(response, given.nonce),
        until: Math.min(single.validity.to, isMismatch(signer) ? UNBOUNDED : signer.validity.to),
        response: given.copy,
      });
    }
  }
  return { found, unknown, cleared };
}

/**
 * Two issuers can be made whose names or keys have one SHA-1. But this answer was signed for this
 * issuer, and serial numbers are the issuer’s own: it is about this certificate. It may revoke it;
 * what else it says is not relied upon.
 */
function subjectBySha1(
  { certId }: OcspSingleResponse,
  subjects: readonly OcspSubject[],
  signerFor: (subject: OcspSubject) => Certificate | Mismatch,
): OcspSubject | undefined {
  if (certId.hashAlgorithm !== 'sha1') return undefined;
  return subjects.find(
    (subject) => subject.certificate.serial === certId.serial && !isMismatch(signerFor(subject)),
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
