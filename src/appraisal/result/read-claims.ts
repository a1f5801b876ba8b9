import { fromBase64Url } from '../../core/encoding/base64url.ts';
import type { JsonValue } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import { EAR_PROFILE, NONCE_SIZES } from './ear-claims.ts';
import { TIERS, type Tier } from './trust-vector.ts';

/** The claims that decide, read strictly; all others stay with the token. */
export interface ReadClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly tokenId: string;
  /** Whole seconds since the epoch. */
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly expires: number;
  readonly nonce: Uint8Array | undefined;
  readonly status: Tier;
  readonly submods: ReadonlyMap<string, ReadSubmod>;
  /** `postern.verdict`. */
  readonly verdict: string;
  /** Codes of `postern.waived`; empty where the token has none. */
  readonly waived: readonly string[];
}

export interface ReadSubmod {
  readonly status: Tier;
  readonly vector: ReadonlyMap<string, number>;
  readonly policies: readonly string[];
}

const MOST_SUBMODS = 128;
const FAR_FUTURE = 0xffff_ffff;

/** @throws Fault `malformed` at `token.<claim>` for one that is missing, or of another type. */
export function readClaims(value: JsonValue | undefined): ReadClaims {
  const shape = new JsonShape(value, 'token');
  const profile = shape.string('eat_profile');
  if (profile !== EAR_PROFILE) {
    throw malformed('token.eat_profile', `want ${EAR_PROFILE}, got ${JSON.stringify(profile)}`);
  }
  const submods = shape.object('submods');
  const names = submods.names();
  if (names.length === 0 || names.length > MOST_SUBMODS) {
    throw malformed('token.submods', `want 1 to ${MOST_SUBMODS} pieces, got ${names.length}`);
  }
  const ours = shape.object('postern');
  return {
    issuer: shape.string('iss'),
    subject: shape.string('sub'),
    audience: shape.string('aud'),
    tokenId: shape.string('jti'),
    issuedAt: shape.integer('iat', FAR_FUTURE),
    notBefore: shape.integer('nbf', FAR_FUTURE),
    expires: shape.integer('exp', FAR_FUTURE),
    nonce: shape.has('eat_nonce') ? readNonce(shape.string('eat_nonce')) : undefined,
    status: readTier(shape),
    submods: new Map(names.map((name) => [name, readSubmod(submods.object(name))])),
    verdict: ours.string('verdict'),
    waived: ours.has('waived') ? ours.objects('waived').map((one) => one.string('code')) : [],
  };
}

function readNonce(text: string): Uint8Array {
  const nonce = fromBase64Url(text, 'token.eat_nonce');
  const { least, most } = NONCE_SIZES;
  if (nonce.length >= least && nonce.length <= most) return nonce;
  throw malformed('token.eat_nonce', `want ${least} to ${most} bytes, got ${nonce.length}`);
}

function readSubmod(shape: JsonShape): ReadSubmod {
  const vector = shape.object('ear_trustworthiness_vector');
  const policies = shape.strings('ear_appraisal_policy_ids');
  if (policies.length === 0) {
    throw malformed(`${shape.path}.ear_appraisal_policy_ids`, 'want a policy, got none');
  }
  return {
    status: readTier(shape),
    vector: new Map(vector.names().map((name) => [name, vector.integer(name, 127)])),
    policies,
  };
}

function readTier(shape: JsonShape): Tier {
  const text = shape.string('ear_status');
  const tier = (Object.keys(TIERS) as Tier[]).find((known) => known === text);
  if (tier !== undefined) return tier;
  const want = Object.keys(TIERS).join(', ');
  throw malformed(`${shape.path}.ear_status`, `want ${want}, got ${JSON.stringify(text)}`);
}
