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
  /** Well-formed and well signed, all of it. */
  readonly good: boolean;
}

/**
 * Reads responses and verifies who signed them. Nothing here depends on the time.
 *
 * @param others what to do with answers about none of the subjects: of one device’s own they are
 *   somebody’s mistake or worse, of a whole machine’s they are about its other devices.
 */
export function readOcsp(
  inputs: readonly OcspInput[],
  subjects: readonly OcspSubject[],
  others: 'refused' | 'passed-over',
): OcspReading {
  const unique = distinct(subjects);
  const answers: OcspAnswer[] = [];
  const failures: OcspFailure[] = [];
  let malformed: Fault | undefined;
  let stray: Mismatch | undefined;
  for (const [i, { response: bytes, nonce }] of inputs.entries()) {
    try {
      const parsed = parseOcspResponse(bytes, `ocsp[${i}]`);
      if (parsed.status !== 'successful') {
        failures.push(parsed.status);
        continue;
      }
      const { found, unknown } = answersOf(parsed.response, unique, nonce);
      answers.push(...found);
      if (others === 'refused') stray ??= unknown;
      // That fails already; who sends hundreds of them shall not have them all verified.
      if (found.some(({ signer }) => isMismatch(signer))) break;
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      malformed ??= error;
    }
  }
  const good =
    malformed === undefined &&
    stray === undefined &&
    failures.length === 0 &&
    answers.every(({ signer, nonce: echo }) => !isMismatch(signer) && !isDifferent(echo));
  return { subjects: unique, answers, malformed, failures, stray, good };
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
  let unknown: Mismatch | undefined;
  const signers = new Map<Certificate, Certificate | Mismatch>();
  for (const single of response.responses) {
    const subject = subjects.find(({ certificate, issuer }) =>
      certIdMatches(single.certId, certificate, issuer),
    );
    if (subject === undefined) {
      unknown ??= strayOf(single, subjects);
      continue;
    }
    const { issuer } = subject;
    const signer = signers.get(issuer) ?? ocspSigner(response, issuer);
    signers.set(issuer, signer);
    found.push({ subject, single, signer, nonce: echoOf(response, asked) });
  }
  return { found, unknown };
}

function strayOf({ certId }: OcspSingleResponse, subjects: readonly OcspSubject[]): Mismatch {
  const known = subjects.some(({ certificate }) => certificate.serial === certId.serial);
  const why =
    certId.hashAlgorithm === 'sha1'
      ? ', by SHA-1, which is not relied upon'
      : known
        ? ', of another issuer'
        : '';
  return {
    want: 'answers about certificates of this evidence',
    got: `one about serial ${certId.serial}${why}`,
  };
}

function echoOf({ nonce }: OcspResponse, asked: Uint8Array | undefined): OcspAnswer['nonce'] {
  if (asked === undefined) return undefined;
  if (nonce && equalBytes(nonce, asked)) return 'echoed';
  return { want: 'the nonce that it was asked with', got: nonce ? 'another' : 'none' };
}
