import { formatTime } from '../../core/encoding/time.ts';
import { isMismatch, type Mismatch } from '../../core/mismatch.ts';
import { type OutsideValidity, outsideValidity } from '../../core/x509/validity.ts';
import { type CheckList, WELL_FORMED } from '../check-list.ts';
import type { Relied } from '../relied-on.ts';
import { UNBOUNDED } from '../until.ts';
import type { Claims } from '../verification.ts';
import type { NvidiaCheckId } from './checks.ts';
import type { NvidiaClocks, NvidiaRelaxation } from './input.ts';
import { isDifferent, type OcspAnswer, type OcspReading, type OcspSubject } from './ocsp.ts';

type Checks = CheckList<NvidiaCheckId>;
type Owner = OcspSubject['owner'];

export interface OcspTerms {
  readonly clocks: NvidiaClocks;
  /** Every certificate must have an answer. */
  readonly required: boolean;
  /** Why one has none, for people. */
  readonly missing: string | undefined;
  readonly relax: NvidiaRelaxation;
}

export interface OcspOutcome {
  /** Every certificate has an answer that is signed and in date. */
  readonly complete: boolean;
  readonly claims: () => Claims;
  /** Until when no certificate loses its answer, in milliseconds; infinite where none has one. */
  readonly until: number;
  readonly relied: () => readonly Relied[];
}

/** An answer, and what is wrong with its date. */
interface Dated {
  readonly answer: OcspAnswer;
  readonly outside: OutsideValidity | undefined;
}

const OWNERS = ['device', 'rim'] as const satisfies readonly Owner[];
const HOLD = 'certificateHold';

const IDS = {
  device: {
    signature: 'nvidia.ocsp.device.signature',
    validity: 'nvidia.ocsp.device.validity',
    nonce: 'nvidia.ocsp.device.nonce',
    status: 'nvidia.ocsp.device.status',
  },
  rim: {
    signature: 'nvidia.ocsp.rim.signature',
    validity: 'nvidia.ocsp.rim.validity',
    nonce: 'nvidia.ocsp.rim.nonce',
    status: 'nvidia.ocsp.rim.status',
  },
} as const satisfies Record<Owner, Record<string, NvidiaCheckId>>;

/**
 * What OCSP says of the device's certificates and of the manifests' signers. NVIDIA's service
 * answers `good` about any serial number below a CA of devices that it has not revoked: that is
 * no proof that it issued the certificate, which the chain alone shows.
 */
export function checkOcsp(checks: Checks, reading: OcspReading, terms: OcspTerms): OcspOutcome {
  const { answers, malformed, failures, stray, weak } = reading;
  const dated = answers.map((answer) => ({ answer, outside: outsideOf(answer, terms.clocks) }));
  const unanswered = reading.subjects.filter((subject) => !isAnswered(subject, dated));
  if (malformed) {
    const mismatch = { want: WELL_FORMED, got: malformed.detail };
    checks.fail('nvidia.ocsp.format', mismatch, { path: malformed.at });
  } else if (failures.length > 0 && unanswered.length > 0) {
    checks.unresolved('nvidia.ocsp.format', `the service answered ${failures.join(', ')}`);
  } else if (answers.length > 0 || stray || weak.length > 0) checks.pass('nvidia.ocsp.format');
  const vague = weak.find((subject) => unanswered.includes(subject));
  if (stray) checks.fail('nvidia.ocsp.certificate', stray);
  else if (vague) {
    const why = `it names ${nameOf(vague)} by SHA-1, which is not relied upon to clear anybody`;
    checks.unresolved('nvidia.ocsp.certificate', why);
  } else if (answers.length > 0) checks.pass('nvidia.ocsp.certificate');
  for (const owner of OWNERS) checkOwner(checks, reading.subjects, dated, owner, terms);
  return {
    complete: reading.subjects.length > 0 && unanswered.length === 0,
    claims: () => ({
      ...(answers.length > 0 && { ocsp: answers.map(answerClaims) }),
      ...(unanswered.length > 0 && {
        ocspUnanswered: unanswered.map(({ certificate }) => certificate.subject.commonName),
      }),
    }),
    until: endOfAnswers(reading.subjects, dated),
    relied: () =>
      reading.subjects.flatMap((subject) =>
        reliedUpon(subject, dated).map(({ response }) => ({ kind: 'ocsp', bytes: response })),
      ),
  };
}

/** Those in date; where there is none, those that would have counted. */
function reliedUpon(subject: OcspSubject, dated: readonly Dated[]): readonly OcspAnswer[] {
  const own = dated.filter(({ answer }) => answer.subject === subject && isFit(answer));
  const fresh = own.filter(({ outside }) => outside === undefined);
  return (fresh.length > 0 ? fresh : own).map(({ answer }) => answer);
}

/**
 * A certificate has an answer as long as the last of those in date lasts, unless one speaks
 * against it: that one was let pass, and nobody knows what comes after it.
 */
function endOfAnswers(subjects: readonly OcspSubject[], dated: readonly Dated[]): number {
  let end = UNBOUNDED;
  if (dated.length === 0) return end;
  for (const subject of subjects) {
    const answers = reliedUpon(subject, dated);
    if (answers.length > 0) end = Math.min(end, Math.max(...answers.map(({ until }) => until)));
    for (const { single, until } of answers)
      if (single.status !== 'good') end = Math.min(end, until);
  }
  return end;
}

function isFit({ signer, nonce }: OcspAnswer): boolean {
  return !isMismatch(signer) && !isDifferent(nonce);
}

function clockOf(owner: Owner, { ocsp, rimOcsp }: NvidiaClocks): number {
  return owner === 'device' ? ocsp : rimOcsp;
}

/** Both the answer and the certificate of who gave it. */
function outsideOf(
  { subject, single, signer }: OcspAnswer,
  clocks: NvidiaClocks,
): OutsideValidity | undefined {
  const now = clockOf(subject.owner, clocks);
  return (
    outsideValidity(`what OCSP says of ${nameOf(subject)}`, single.validity, now) ??
    (isMismatch(signer)
      ? undefined
      : outsideValidity(signer.subject.commonName, signer.validity, now))
  );
}

function isAnswered(subject: OcspSubject, dated: readonly Dated[]): boolean {
  return dated.some(
    ({ answer, outside }) => answer.subject === subject && outside === undefined && isFit(answer),
  );
}

function checkOwner(
  checks: Checks,
  subjects: readonly OcspSubject[],
  dated: readonly Dated[],
  owner: Owner,
  terms: OcspTerms,
): void {
  const ids = IDS[owner];
  const own = dated.filter(({ answer }) => answer.subject.owner === owner);
  const answers = own.map(({ answer }) => answer);
  const silent = subjects.filter(
    (subject) => subject.owner === owner && !answers.some((answer) => answer.subject === subject),
  );
  if (answers.length > 0) {
    checks.answer(ids.signature, answers.map(({ signer }) => signer).find(isUnsigned));
    const late = lateOf(own)[0]?.outside;
    if (late) checks.unresolved(ids.validity, `want ${late.want}, ${late.got}`);
    else checks.pass(ids.validity);
    if (answers.some(({ nonce }) => nonce !== undefined)) {
      checks.answer(ids.nonce, answers.map(({ nonce }) => nonce).find(isDifferent));
    }
  }
  if (answers.length > 0 || (terms.required && silent.length > 0)) {
    checkStatus(checks, owner, own, terms.required ? silent : [], terms);
  }
}

/**
 * Of a certificate one answer in date is enough: caches hand out yesterday's beside today's, and
 * whoever has a fresh one gains nothing by adding an old one. But one that speaks against it is
 * only answered by one that is no older. That a certificate was revoked counts however old.
 */
function lateOf(own: readonly Dated[]): readonly Dated[] {
  const newest = new Map<OcspSubject, number>();
  for (const { answer, outside } of own) {
    const { from } = answer.single.validity;
    const before = newest.get(answer.subject) ?? Number.NEGATIVE_INFINITY;
    if (outside === undefined) newest.set(answer.subject, Math.max(before, from));
  }
  return own.filter(({ answer: { subject, single }, outside }) => {
    const fresh = newest.get(subject);
    if (outside === undefined) return false;
    return fresh === undefined || (single.status !== 'good' && single.validity.from > fresh);
  });
}

function isUnsigned(signer: OcspAnswer['signer']): signer is Mismatch {
  return isMismatch(signer);
}

function checkStatus(
  checks: Checks,
  owner: Owner,
  own: readonly Dated[],
  silent: readonly OcspSubject[],
  { missing, relax }: OcspTerms,
): void {
  const id = IDS[owner].status;
  const answers = own.filter(counts).map(({ answer }) => answer);
  const held = answers.filter(({ single }) => single.reason === HOLD);
  const allowed = owner === 'rim' && relax.rimHold === true;
  const bad = answers.find(
    ({ single }) => single.status !== 'good' && !(allowed && single.reason === HOLD),
  );
  const doubtful = lateOf(own).find(
    ({ answer: { single } }) => single.status !== 'good' && !(allowed && single.reason === HOLD),
  );
  if (bad) {
    checks.fail(id, { want: `${nameOf(bad.subject)} good`, got: statusText(bad) });
  } else if (silent.length > 0) {
    const why = missing === undefined ? '' : ` (${missing})`;
    checks.unresolved(id, `no OCSP response about ${silent.map(nameOf).join(', ')}${why}`);
  } else if (doubtful) {
    const { subject, single } = doubtful.answer;
    const status = single.status === 'unknown' ? 'unknown' : 'on hold';
    checks.unresolved(id, `${nameOf(subject)} was ${status} when last heard of`);
  } else if (held.length > 0) {
    checks.waived(id, `allowed: ${held.map(({ subject }) => nameOf(subject)).join(', ')} on hold`);
  } else if (answers.length > 0) checks.pass(id);
}

/**
 * A hold is lifted again, and who was unknown may be known by now: of an old answer that leaves
 * the question open. A revocation is for good.
 */
function counts({ answer: { single }, outside }: Dated): boolean {
  return outside === undefined || (single.status === 'revoked' && single.reason !== HOLD);
}

function nameOf({ certificate }: OcspSubject): string {
  return certificate.subject.commonName || certificate.subject.text;
}

function statusText({ single: { status, reason, revokedAt } }: OcspAnswer): string {
  if (status !== 'revoked' || revokedAt === undefined) return status;
  return `${reason === HOLD ? 'on hold' : 'revoked'} since ${formatTime(revokedAt)} (${reason})`;
}

function answerClaims({ subject, single, signer }: OcspAnswer): Claims {
  const { status, reason, revokedAt, validity } = single;
  return {
    subject: subject.certificate.subject.text,
    serial: subject.certificate.serial,
    of: subject.owner,
    status,
    ...(reason !== undefined && { reason }),
    ...(revokedAt !== undefined && { revokedAt: formatTime(revokedAt) }),
    thisUpdate: formatTime(validity.from),
    nextUpdate: formatTime(validity.to),
    responder: isMismatch(signer) ? null : signer.subject.text,
  };
}
