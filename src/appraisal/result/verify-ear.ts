import { verifyEd25519, verifyP256 } from '#crypto';
import type { JsonValue } from '../../core/encoding/json.ts';
import type { PublicKey } from '../../core/x509/public-key.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { idsWhere } from '../../evidence/question.ts';
import { type Check, conclude, type Verdict } from '../../evidence/verdict.ts';
import { checkClaims, checkExpectation, type EarExpectation } from './check-claims.ts';
import { EAR_CHECKS, type EarCheckId } from './checks.ts';
import { type CompactJws, type JwsNamed, readJwsHeader, splitCompactJws } from './compact-jws.ts';
import { EAR_TYPE } from './ear-jwt.ts';
import { type ReadClaims, readClaims } from './read-claims.ts';

/** A key that the relying party has pinned for the issuer. */
export interface IssuerKey {
  /** `kid` of the tokens that it signs; undefined for any. */
  readonly keyId: string | undefined;
  readonly key: PublicKey;
}

export interface EarVerification {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  /** Undefined where the token can't be read; believed only where the verdict is accept. */
  readonly claims: ReadClaims | undefined;
}

export type Checks = CheckList<EarCheckId>;

const BASELINE = idsWhere(EAR_CHECKS, ({ baseline }) => baseline);

/**
 * Holds a token against what a relying party wants, offline: keys are those it has pinned, and
 * none that the token brings along.
 *
 * @param token compact serialisation of a JWT.
 * @throws Fault `usage` for an expectation that says nothing; nothing that the token could cause.
 */
export function verifyEarJwt(
  token: string,
  keys: readonly IssuerKey[],
  wanted: EarExpectation,
): EarVerification {
  return concluded((checks) => {
    const parts = checks.open('ear.format', () => splitCompactJws(token, 'token'));
    return parts && openJwt(checks, parts, keys);
  }, wanted);
}

/** What both serialisations have in common, once the claims are in hand. */
export function concluded(
  open: (checks: Checks) => JsonValue | undefined,
  wanted: EarExpectation,
): EarVerification {
  checkExpectation(wanted);
  const checks: Checks = new CheckList<EarCheckId>(EAR_CHECKS);
  const payload = open(checks);
  const claims =
    payload === undefined ? undefined : checks.read('ear.format', () => readClaims(payload));
  if (claims) checkClaims(checks, claims, wanted);
  const required = new Set<EarCheckId>(BASELINE);
  if (wanted.nonce) required.add('ear.nonce');
  if (wanted.policyDigests) required.add('ear.policy');
  if (wanted.submods) required.add('ear.submods');
  return { verdict: conclude(checks.all, required), checks: checks.all, claims };
}

/**
 * The claims of a token whose signature nobody asked about.
 *
 * @throws Fault `malformed` at `token…`, as strictly as where it is verified.
 */
export function unverifiedJwtClaims(token: string): JsonValue {
  const { header, payload } = splitCompactJws(token, 'token');
  readJwsHeader(header, EAR_TYPE);
  return payload;
}

const ALGORITHM_OF = { p256: 'ES256', ed25519: 'EdDSA' } as const;

function openJwt(
  checks: Checks,
  { header, payload, signed, signature }: CompactJws,
  keys: readonly IssuerKey[],
): JsonValue | undefined {
  const named = checks.open('ear.format', () => readJwsHeader(header, EAR_TYPE));
  if (named === undefined) return undefined;
  answerSignature(checks, keys, named, (key) => isSigned(key, signed, signature));
  return payload;
}

/** The key decides which algorithm it verifies, and the pinned set which keys there are. */
export function answerSignature(
  checks: Checks,
  keys: readonly IssuerKey[],
  { algorithm, keyId }: JwsNamed,
  isSignedWith: (key: PublicKey) => boolean,
): void {
  const candidates = keys.filter((key) => key.keyId === undefined || key.keyId === keyId);
  const algorithms = candidates.map(({ key }) => ALGORITHM_OF[key.algorithm]);
  const fitting = candidates.filter((_, i) => algorithms[i] === algorithm);
  if (candidates.length > 0 && fitting.length === 0) {
    const want = [...new Set(algorithms)].join(' or ');
    checks.fail('ear.algorithm', { want, got: algorithm });
  } else {
    checks.pass('ear.algorithm');
  }
  if (fitting.some(({ key }) => isSignedWith(key))) {
    checks.pass('ear.signature');
    return;
  }
  const unknown = `one of a key that is not pinned (${keyId ?? 'no kid'})`;
  checks.fail('ear.signature', {
    want: 'a signature of the issuer’s key',
    got: candidates.length > 0 ? 'an invalid one' : unknown,
  });
}

/** Of ECDSA r ‖ s alone, 64 bytes: with DER beside it two texts would be one signature. */
function isSigned(key: PublicKey, signed: Uint8Array, signature: Uint8Array): boolean {
  return key.algorithm === 'p256'
    ? verifyP256(key.key, signed, signature)
    : verifyEd25519(key.key, signed, signature);
}
