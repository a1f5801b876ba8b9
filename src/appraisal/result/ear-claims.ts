import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { toBase64Url } from '../../core/encoding/base64url.ts';
import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import type { Appraisal } from '../appraise/appraisal.ts';
import type { Binding } from '../binding/recipe.ts';
import { overallStatus, submodsOf } from './submods.ts';
import type { Tier, TrustVector } from './trust-vector.ts';
import { type Waiver, waiversOf } from './waivers.ts';

/** The profile by which tokens are read (draft-ietf-rats-ear-03). */
export const EAR_PROFILE = 'tag:ietf.org,2026:rats/ear#03';

const DEVELOPER = 'Postern';

/** What a token says besides the decision; nothing of it is made up here. */
export interface EarContext {
  /** URL of who decides. */
  readonly issuer: string;
  /** What was decided about, e.g. a node's id. */
  readonly subject: string;
  /** For whom. */
  readonly audience: string;
  /** Unique: the id of the decision. */
  readonly tokenId: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  /** Name and version of the software that decided. */
  readonly build: string;
  /** When who decided wants it to end at the latest, in milliseconds since the epoch. */
  readonly notAfter?: number;
  /** Of the relying party, 8 to 64 bytes; that of the evidence's own challenge unless given. */
  readonly nonce?: Uint8Array;
  /** SHA-256 of the evidence as it came, lower-case hex. */
  readonly evidenceSha256: string;
}

export interface EarSubmod {
  readonly ear_status: Tier;
  readonly ear_trustworthiness_vector: TrustVector;
  readonly ear_appraisal_policy_ids: readonly string[];
  readonly eat_nonce?: string;
}

/** An EAT in the shape of an EAR, as JSON; times are whole seconds. */
export interface EarClaims {
  readonly eat_profile: typeof EAR_PROFILE;
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly jti: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly eat_nonce?: string;
  readonly ear_verifier_id: { readonly developer: string; readonly build: string };
  readonly ear_status: Tier;
  readonly submods: Readonly<Record<string, EarSubmod>>;
  /** The key that signs on behalf of the enclave (RFC 7800): who shows the token must hold it. */
  readonly cnf?: {
    readonly jwk: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  };
  readonly postern: PosternClaims;
}

/** What no registered claim has a place for. */
export interface PosternClaims {
  readonly verdict: Appraisal['verdict'];
  readonly policy: Appraisal['policy'];
  readonly anchors: Appraisal['anchors'];
  /** All that failed or stays open, and stands in the way. */
  readonly checks: readonly {
    readonly code: string;
    readonly outcome: string;
    readonly path: string;
  }[];
  /** What the verifier's caller let pass, and the policy knows nothing of. */
  readonly waived: readonly Waiver[];
  readonly warnings: readonly string[];
  readonly endorsements: readonly { readonly kind: string; readonly sha256: string }[];
  /** RFC 3339: when the first thing ends that the decision rests on, whatever the verdict. */
  readonly earliestExpiry?: string;
  /** Of the TCB info that Intel's evaluation came from. */
  readonly tcbEvaluationDataNumber?: number;
  readonly evidenceSha256: string;
  readonly keysetSha384?: string;
  readonly keys?: readonly KeyClaim[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** A key that the evidence vouches for, so that a channel can be held against the token. */
export type KeyClaim =
  | { readonly use: 'tls'; readonly spkiSha256: string }
  | { readonly use: 'ssh-host'; readonly blobSha256: string }
  | { readonly use: 'ohttp'; readonly configSha256: string }
  | { readonly use: 'receipt'; readonly ed25519: string };

/** Of a decision that accepts nothing there is nothing to outlive: who reads it reads it now. */
const REFUSAL_SECONDS = 300;
/** Bytes of a nonce that EAT allows (RFC 9711, section 4.1). */
export const NONCE_SIZES = { least: 8, most: 64 } as const;
const LONGEST_TEXT = 1024;
/** 2106: every clock of 32 bits ends there. */
const LAST_SECOND = 0xffff_ffff;

/**
 * The claims of a token about a decision. It ends no later than the earliest thing it rests on.
 *
 * @throws Fault `usage` for a context that says nothing or nonsense, for a nonce that EAT does not
 *   allow, and for an acceptance that has run out before it is said.
 */
export function earClaims(appraisal: Appraisal, context: EarContext): EarClaims {
  checkContext(context);
  const { issuer, subject, audience, tokenId, build } = context;
  const iat = Math.floor(context.issuedAt / 1000);
  const submods = submodsOf(appraisal);
  const { binding } = appraisal;
  const nonce = nonceText(context.nonce ?? binding?.nonce);
  const policies = [policyUrn(appraisal)];
  return {
    eat_profile: EAR_PROFILE,
    iss: issuer,
    sub: subject,
    aud: audience,
    jti: tokenId,
    iat,
    nbf: iat,
    exp: endOf(appraisal, iat, context.notAfter),
    ...(nonce !== undefined && { eat_nonce: nonce }),
    ear_verifier_id: { developer: DEVELOPER, build },
    ear_status: overallStatus(appraisal, submods),
    submods: Object.fromEntries(
      submods.map(({ name, kind, status, vector }) => {
        const own = nonceText(kind === 'cpu' ? binding?.nonce : deviceNonceOf(kind, binding));
        return [
          name,
          {
            ear_status: status,
            ear_trustworthiness_vector: vector,
            ear_appraisal_policy_ids: policies,
            ...(own !== undefined && { eat_nonce: own }),
          },
        ];
      }),
    ),
    ...confirmation(binding),
    postern: posternClaims(appraisal, context),
  };
}

/** `urn:postern:policy:<name>:<revision>#sha256:<hex>`. */
function policyUrn({ policy }: Pick<Appraisal, 'policy'>): string {
  return `urn:postern:policy:${policy.name}:${policy.revision}#${policy.digest}`;
}

function endOf({ verdict, until }: Appraisal, iat: number, notAfter = Infinity): number {
  if (verdict !== 'accept') return iat + REFUSAL_SECONDS;
  const rests = until === undefined ? Infinity : parseUtcTimestamp(until, 'until');
  const end = Math.floor(Math.min(rests, notAfter) / 1000);
  if (!(end > iat && end <= LAST_SECOND)) {
    throw new Fault('usage', 'ear.exp', 'what the decision rests on has run out already');
  }
  return end;
}

/** An empty audience would be anybody's, and a time that is none would never be over. */
function checkContext(context: EarContext): void {
  for (const name of ['issuer', 'subject', 'audience', 'tokenId', 'build'] as const) {
    const { length } = context[name];
    if (length > 0 && length <= LONGEST_TEXT) continue;
    throw new Fault('usage', `ear.${name}`, `want 1 to ${LONGEST_TEXT} characters, got ${length}`);
  }
  const seconds = context.issuedAt / 1000;
  if (!(seconds >= 0 && seconds <= LAST_SECOND)) {
    throw new Fault(
      'usage',
      'ear.iat',
      `want milliseconds since the epoch, got ${context.issuedAt}`,
    );
  }
  if (!/^[0-9a-f]{64}$/.test(context.evidenceSha256)) {
    throw new Fault('usage', 'ear.evidenceSha256', 'want 64 lower-case hex digits');
  }
}

function nonceText(nonce: Uint8Array | undefined): string | undefined {
  if (nonce === undefined) return undefined;
  const { least, most } = NONCE_SIZES;
  if (nonce.length < least || nonce.length > most) {
    const want = `${least} to ${most} bytes`;
    throw new Fault('usage', 'ear.eat_nonce', `want ${want}, got ${nonce.length}`);
  }
  return toBase64Url(nonce);
}

function deviceNonceOf(kind: string, binding: Binding | undefined): Uint8Array | undefined {
  return kind === 'vtpm' ? undefined : binding?.deviceNonce;
}

function confirmation(binding: Binding | undefined): Pick<EarClaims, 'cnf'> {
  const key = binding?.keyset?.keys.find(({ use }) => use === 'receipt');
  if (key?.use !== 'receipt') return {};
  return { cnf: { jwk: { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key.publicKey) } } };
}

function posternClaims(appraisal: Appraisal, { evidenceSha256 }: EarContext): PosternClaims {
  const { verdict, policy, anchors, reasons, warnings, endorsements, labels, binding } = appraisal;
  const { until } = appraisal;
  const keyset = binding?.keyset;
  const evaluation = evaluationOf(appraisal);
  return {
    verdict,
    policy,
    anchors,
    checks: reasons.map(({ code, outcome, path }) => ({ code, outcome, path })),
    waived: waiversOf(appraisal),
    warnings,
    endorsements: endorsements ?? [],
    ...(until !== undefined && { earliestExpiry: until }),
    ...(evaluation !== undefined && { tcbEvaluationDataNumber: evaluation }),
    evidenceSha256,
    ...(keyset && { keysetSha384: toHex(keyset.sha384), keys: keyset.keys.map(keyClaim) }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
}

function evaluationOf({ evidence, claims, parts }: Appraisal): number | undefined {
  const of = evidence === 'tdx' ? claims : parts.find((part) => part.evidence === 'tdx')?.claims;
  const number = of?.['tcbEvaluationDataNumber'];
  return typeof number === 'number' ? number : undefined;
}

function keyClaim(key: NonNullable<Binding['keyset']>['keys'][number]): KeyClaim {
  switch (key.use) {
    case 'tls':
      return { use: key.use, spkiSha256: toHex(key.spkiSha256) };
    case 'ssh-host':
      return { use: key.use, blobSha256: toHex(key.blobSha256) };
    case 'ohttp':
      return { use: key.use, configSha256: toHex(sha256(key.config)) };
    case 'receipt':
      return { use: key.use, ed25519: toHex(key.publicKey) };
  }
}
