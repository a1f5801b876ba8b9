import { compilePolicy } from '../../appraisal/appraise/compiled-policy.ts';
import { durationMs } from '../../appraisal/policy/duration.ts';
import { type ReadPolicy, readPolicy } from '../../appraisal/policy/read-policy.ts';
import { isEnvelope, readPolicyEnvelope } from '../../appraisal/policy/signing/policy-envelope.ts';
import { verifySignedPolicy } from '../../appraisal/policy/signing/signed-policy.ts';
import type { Check } from '../../evidence/verdict.ts';
import type { UsedPolicy } from '../../ledger/record/capture.ts';
import type { PoolConfig, ServingPool } from './pool.ts';
import type { PoolPolicy } from './store.ts';

/** What a pool's policy comes to: one that was revoked decides nothing. */
export type PoolStanding = { readonly askedAt: number } & (
  | { readonly pool: ServingPool }
  | {
      readonly revoked: string;
      readonly stored: PoolPolicy;
      /** Somebody revoked it; or who signed it is nobody whom this gateway trusts for it. */
      readonly by: 'revocation' | 'signature';
    }
);

/** Reads a stored policy under what its pool trusts, at an instant. */
export function standingOf(config: PoolConfig, stored: PoolPolicy, at: number): PoolStanding {
  const { file, revocations } = stored;
  const { signers } = config;
  if (signers === undefined) {
    const read = policyIn(file);
    const used = { compiled: compilePolicy(read), revocations: [] };
    return { askedAt: at, pool: servingOf(config, stored, read, used) };
  }
  if (!isEnvelope(file)) return { askedAt: at, revoked: UNSIGNED, stored, by: 'signature' };
  const { keyring, source } = signers;
  const signed = verifySignedPolicy({ envelope: file, keyring, revocations, at });
  const { verdict, policy, checks } = signed;
  if (verdict !== 'accept' || policy === undefined) {
    const isRevoked = checks.some(
      ({ id, outcome }) => id === 'policy.signed.revocation' && outcome === 'fail',
    );
    const by = isRevoked ? 'revocation' : 'signature';
    return { askedAt: at, revoked: openAnswers(checks), stored, by };
  }
  const trust = { keyring: source, at };
  const used = { compiled: compilePolicy(policy), envelope: file, revocations, trust };
  return { askedAt: at, pool: servingOf(config, stored, policy, used) };
}

export const UNSIGNED = 'is not signed, and this pool has a keyring';

function servingOf(
  config: PoolConfig,
  stored: PoolPolicy,
  { policy }: ReadPolicy,
  used: UsedPolicy,
): ServingPool {
  const { nonceTtl, resultTtl, reattestEvery, reattestGrace } = policy.spec.freshness;
  return {
    ...config,
    stored,
    used,
    times: {
      nonceTtl: durationMs(nonceTtl),
      resultTtl: durationMs(resultTtl),
      reattestEvery: durationMs(reattestEvery),
      reattestGrace: reattestGrace === undefined ? 0 : durationMs(reattestGrace),
    },
  };
}

/** Whatever it is signed by: that is for whoever asks to look at. */
export function policyIn(file: Uint8Array): ReadPolicy {
  return isEnvelope(file) ? readPolicyEnvelope(file, 'policy') : readPolicy(file);
}

/** Checks that did not pass, for people. */
export function openAnswers(checks: readonly Check[]): string {
  return checks
    .flatMap((check) => {
      if (check.outcome === 'fail') return [`${check.id}: want ${check.want}, got ${check.got}`];
      return check.outcome === 'unresolved' ? [`${check.id}: ${check.because}`] : [];
    })
    .join('; ');
}
