import { equalBytes } from '../../core/bytes/equal.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { encodeCbor } from '../../core/encoding/cbor-encode.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import type { JsonValue } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { Appraisal } from '../appraise/appraisal.ts';
import { claimsOfCwt, cwtClaims, readableCwt } from './cwt-claims.ts';
import { type EarClaims, type EarContext, earClaims } from './ear-claims.ts';
import { unverifiedCwtClaims } from './ear-cwt.ts';
import { type ReadClaims, readClaims } from './read-claims.ts';
import { unverifiedJwtClaims } from './verify-ear.ts';

/** A claim that is not what the decision makes it. */
export interface TokenFinding extends Mismatch {
  /** The claim, e.g. `token.postern.verdict`. */
  readonly at: string;
}

/** What of a token is the decision's own, and not its issuer's to choose. */
export type TokenOccasion = Pick<EarContext, 'tokenId' | 'evidenceSha256'>;

/**
 * A token about a decision whose signature nobody asks about: who keeps one need not know the
 * issuer's key. Its claims are there to be held against a decision.
 */
export interface OpenToken {
  readonly claims: ReadClaims;
  /** `postern.*` and whatever else the token says, for people to compare; see {@link compareToken}. */
  readonly value: JsonValue;
  readonly build: string;
  /** Whether it says exactly this, and where it does not, how that reads. */
  readonly held: (claims: EarClaims) => { readonly same: boolean; readonly value: JsonValue };
}

const MOST_FINDINGS = 8;
const LONGEST_TEXT = 200;
/** Tag 18, of COSE_Sign1: no text begins so. */
const COSE_SIGN1 = 0xd2;

/** @throws Fault `malformed` at `token…`. */
export function openToken(bytes: Uint8Array): OpenToken {
  if (bytes[0] === COSE_SIGN1) {
    const map = unverifiedCwtClaims(bytes);
    const value = readableCwt(map);
    return {
      claims: readClaims(claimsOfCwt(map)),
      value,
      build: new JsonShape(value, 'token').object('ear_verifier_id').string('1'),
      held: (claims) => {
        const want = cwtClaims(claims);
        return { same: equalBytes(encodeCbor(want), encodeCbor(map)), value: readableCwt(want) };
      },
    };
  }
  const value = unverifiedJwtClaims(fromUtf8(bytes, 'token'));
  return {
    claims: readClaims(value),
    value,
    build: new JsonShape(value, 'token').object('ear_verifier_id').string('build'),
    held: (claims) => {
      const want = claims as unknown as JsonValue;
      return { same: canonicalJson(want) === canonicalJson(value), value: want };
    },
  };
}

/**
 * Holds a token against the decision that it is about: every claim has to be the one that this
 * decision makes. Taken from the token itself, and so not compared, is what its issuer chose: who
 * issued it, when, for whom and about whom (`iss`, `iat`, `aud`, `sub`), the name of the build, the
 * value of the relying party's own nonce, and an end before the one that the decision allows: an
 * admission may be shorter. The signature is not asked about either.
 *
 * @returns empty where all is well, else the first few that differ.
 */
export function compareToken(
  token: OpenToken,
  appraisal: Appraisal,
  { tokenId, evidenceSha256 }: TokenOccasion,
): readonly TokenFinding[] {
  const { issuer, subject, audience, issuedAt, expires, nonce } = token.claims;
  let claims: EarClaims;
  try {
    claims = earClaims(appraisal, {
      issuer,
      subject,
      audience,
      tokenId,
      issuedAt: 1000 * issuedAt,
      notAfter: 1000 * expires,
      build: token.build,
      evidenceSha256,
      ...(nonce && { nonce }),
    });
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return [{ at: 'token', want: 'a token that this decision could have', got: error.message }];
  }
  const { same, value } = token.held(claims);
  if (same) return [];
  const found: TokenFinding[] = [];
  collect(found, 'token', value, token.value);
  const other = { at: 'token', want: 'the claims of this decision', got: 'others' };
  return found.length === 0 ? [other] : found;
}

function collect(
  found: TokenFinding[],
  at: string,
  want: JsonValue | undefined,
  got: JsonValue | undefined,
): void {
  if (found.length === MOST_FINDINGS || textOf(want) === textOf(got)) return;
  if (isObject(want) && isObject(got)) {
    for (const name of new Set([...Object.keys(want), ...Object.keys(got)])) {
      collect(found, `${at}.${name}`, memberOf(want, name), memberOf(got, name));
    }
    return;
  }
  found.push({ at, want: short(want), got: short(got) });
}

type Members = { readonly [name: string]: JsonValue };

function isObject(value: JsonValue | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function memberOf(value: Members, name: string): JsonValue | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function textOf(value: JsonValue | undefined): string {
  return value === undefined ? 'none' : canonicalJson(value);
}

function short(value: JsonValue | undefined): string {
  const text = typeof value === 'string' ? value : textOf(value);
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}
