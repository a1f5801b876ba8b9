import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { CheckList } from '../../evidence/check-list.ts';
import type { EarCheckId } from './checks.ts';
import { NONCE_SIZES } from './ear-claims.ts';
import type { ReadClaims } from './read-claims.ts';
import { type Tier, tierOf, worstTier } from './trust-vector.ts';

/** What a relying party wants of a token. Issuer and audience always; a nonce it had better. */
export interface EarExpectation {
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** That it sent: a token without one fails, as does one with another. */
  readonly nonce?: Uint8Array;
  /** `sha256:…` of policies that it relies on; each piece must be decided by one of them. */
  readonly policyDigests?: readonly string[];
  /** Pieces by kind, e.g. `{ cpu: 1, gpu: 8 }`; a kind that is not named is not counted. */
  readonly submods?: Readonly<Record<string, number>>;
  /** Takes `warning` for good enough. */
  readonly accept?: 'affirming' | 'warning';
}

/** Clocks differ by so much. */
const TOLERANCE_SECONDS = 5;

/**
 * What is wanted must say something: an empty list of policies or pieces is a mistake and not
 * "any", and a time that is none would be within every bound.
 *
 * @throws Fault `usage` at `ear.<member>`.
 */
export function checkExpectation(wanted: EarExpectation): void {
  const { issuer, audience, now, nonce, policyDigests, submods } = wanted;
  const wrong = (at: string, detail: string) => new Fault('usage', `ear.${at}`, detail);
  if (issuer === '') throw wrong('issuer', 'is empty');
  if (audience === '') throw wrong('audience', 'is empty');
  if (!Number.isFinite(now)) throw wrong('now', `want milliseconds since the epoch, got ${now}`);
  const { least, most } = NONCE_SIZES;
  if (nonce && (nonce.length < least || nonce.length > most)) {
    throw wrong('nonce', `want ${least} to ${most} bytes, got ${nonce.length}`);
  }
  if (policyDigests?.length === 0) throw wrong('policyDigests', 'is empty');
  const odd = policyDigests?.find((digest) => !/^sha256:[0-9a-f]{64}$/.test(digest));
  if (odd !== undefined) {
    throw wrong('policyDigests', `want sha256:<64 hex digits>, got ${JSON.stringify(odd)}`);
  }
  const counts = submods && Object.values(submods);
  if (counts?.length === 0) throw wrong('submods', 'is empty');
  if (counts?.some((count) => !Number.isSafeInteger(count) || count < 0)) {
    throw wrong('submods', 'want whole numbers');
  }
}

export function checkClaims(
  checks: CheckList<EarCheckId>,
  claims: ReadClaims,
  wanted: EarExpectation,
): void {
  checks.answer('ear.times', timesProblem(claims, wanted.now));
  checks.answer('ear.issuer', sameText(wanted.issuer, claims.issuer));
  checks.answer('ear.audience', sameText(wanted.audience, claims.audience));
  if (wanted.nonce) checks.answer('ear.nonce', nonceProblem(wanted.nonce, claims.nonce));
  if (wanted.policyDigests) {
    checks.answer('ear.policy', policyProblem(wanted.policyDigests, claims));
  }
  const problem = statusProblem(claims, wanted.accept ?? 'affirming');
  if (problem) checks.fail('ear.status', problem);
  else if (worstIn(claims) === 'warning') {
    checks.pass('ear.status', 'it is a warning, and warnings were asked to be accepted');
  } else checks.pass('ear.status');
  if (wanted.submods) checks.answer('ear.submods', countProblem(wanted.submods, claims));
}

function timesProblem(
  { issuedAt, notBefore, expires }: ReadClaims,
  now: number,
): Mismatch | undefined {
  const seconds = Math.floor(now / 1000);
  const want = `in force at ${formatTime(now)}`;
  const begins = Math.max(issuedAt, notBefore);
  if (begins > seconds + TOLERANCE_SECONDS)
    return { want, got: `from ${formatTime(1000 * begins)} on` };
  if (seconds >= expires) return { want, got: `ended ${formatTime(1000 * expires)}` };
  return undefined;
}

function sameText(want: string, got: string): Mismatch | undefined {
  return want === got ? undefined : { want, got };
}

/** Absence fails: "only where there is another" would take any recording without one. */
function nonceProblem(want: Uint8Array, got: Uint8Array | undefined): Mismatch | undefined {
  if (got && equalBytes(want, got)) return undefined;
  return { want: toHex(want), got: got ? toHex(got) : 'none' };
}

function policyProblem(digests: readonly string[], { submods }: ReadClaims): Mismatch | undefined {
  for (const [name, { policies }] of submods) {
    const other = policies.find((id) => !digests.some((digest) => id.endsWith(`#${digest}`)));
    if (other !== undefined) return { want: digests.join(' or '), got: `${other} for ${name}` };
  }
  return undefined;
}

/** The token's own word on the whole is not enough: it must not be better than any part, or than what was waived. */
function statusProblem(claims: ReadClaims, accept: 'affirming' | 'warning'): Mismatch | undefined {
  const worst = worstIn(claims);
  const good = worst === 'affirming' || (worst === 'warning' && accept === 'warning');
  if (good && claims.verdict === 'accept') return undefined;
  return { want: accept, got: good ? `verdict ${claims.verdict}` : worst };
}

/** The worst of what a token says, of the whole and of its pieces. */
function worstIn({ status, submods, waived }: ReadClaims): Tier {
  const tiers = [...submods.values()].flatMap(({ status: own, vector }): readonly Tier[] => [
    own,
    ...[...vector.values()].filter((value) => value !== 0).map(tierOf),
  ]);
  const leave = waived.length > 0 ? (['warning'] as const) : [];
  return worstTier([status, ...tiers, ...leave]);
}

function countProblem(
  wanted: Readonly<Record<string, number>>,
  { submods }: ReadClaims,
): Mismatch | undefined {
  for (const [kind, want] of Object.entries(wanted)) {
    const got = [...submods.keys()].filter((name) => name.replace(/\d+$/, '') === kind).length;
    if (want !== got) return { want: `${want} ${kind}`, got: `${got}` };
  }
  return undefined;
}
