import { compilePolicy } from '../../appraisal/appraise/compiled-policy.ts';
import { durationMs } from '../../appraisal/policy/duration.ts';
import { type ReadPolicy, readPolicy } from '../../appraisal/policy/read-policy.ts';
import { checkRevision } from '../../appraisal/policy/signing/check-revision.ts';
import type { Keyring } from '../../appraisal/policy/signing/keyring.ts';
import { isEnvelope, readPolicyEnvelope } from '../../appraisal/policy/signing/policy-envelope.ts';
import type { KeyringSource } from '../../appraisal/policy/signing/policy-trust.ts';
import { revisionOf } from '../../appraisal/policy/signing/revision.ts';
import { verifySignedPolicy } from '../../appraisal/policy/signing/signed-policy.ts';
import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import type { Check } from '../../evidence/verdict.ts';
import type { UsedPolicy } from '../../ledger/record/capture.ts';
import type { FleetStore, PoolPolicy } from './store.ts';

/** A pool as its operator configured it: who may decide about its policy is never in the database. */
export interface PoolConfig {
  readonly name: string;
  /** Whose signatures count; undefined: unsigned policies decide. */
  readonly signers?: PoolSigners;
  readonly identity: 'required' | 'where-shown';
}

export interface PoolSigners {
  readonly keyring: Keyring;
  /** What it was read from: records keep it, so that a replay can ask again. */
  readonly source: KeyringSource;
}

/** A pool whose policy can decide. */
export interface ServingPool extends PoolConfig {
  readonly used: UsedPolicy;
  readonly stored: PoolPolicy;
  readonly times: PoolTimes;
}

/** What the policy says of time, in milliseconds. */
export interface PoolTimes {
  readonly nonceTtl: number;
  readonly resultTtl: number;
  readonly reattestEvery: number;
  readonly reattestGrace: number;
}

/** What a pool's policy comes to: one that was revoked decides nothing. */
type Standing = { readonly askedAt: number } & (
  | { readonly pool: ServingPool }
  | { readonly revoked: string; readonly stored: PoolPolicy }
);

/** A revocation may be for a moment that is still to come. */
const ASK_AGAIN_MS = 5000;

export interface PoolsDeps {
  readonly store: Pick<FleetStore, 'poolPolicies'>;
  readonly configs: readonly PoolConfig[];
  readonly now: () => number;
}

/** Which policy decides where: what is stored, read under what is configured. */
export class Pools {
  readonly #deps: PoolsDeps;
  readonly #configs: ReadonlyMap<string, PoolConfig>;
  #serving = new Map<string, Standing>();
  /** Whose policy was revoked by the time of day alone, and whose nodes nobody has been sent to. */
  readonly #turned = new Set<string>();

  constructor(deps: PoolsDeps) {
    this.#deps = deps;
    this.#configs = new Map(deps.configs.map((config) => [config.name, config]));
  }

  /**
   * Reads again what is stored. What another gateway let decide, this one looks at by its own
   * configuration: a policy that it does not trust decides nothing here.
   */
  async load(): Promise<void> {
    const serving = new Map<string, Standing>();
    for (const stored of await this.#deps.store.poolPolicies()) {
      const config = this.#configs.get(stored.pool);
      if (config === undefined) continue;
      const before = this.#serving.get(stored.pool);
      const isSame = before && 'pool' in before && isAsBefore(before.pool.stored, stored);
      serving.set(stored.pool, isSame ? before : standingOf(config, stored, this.#deps.now()));
    }
    this.#serving = serving;
  }

  /**
   * The pool that decides about a node.
   *
   * @throws Fault `unreachable` at `pools[<name>]` where nothing can be decided: no verdict.
   */
  serving(name: string): ServingPool {
    const standing = this.#standing(name);
    if (standing !== undefined && 'pool' in standing) return standing.pool;
    const why = standing === undefined ? this.#whyNot(name) : standing.revoked;
    throw new Fault('unreachable', `pools[${name}]`, why);
  }

  /** Whether what decided in a pool was revoked; one that this gateway does not know never was. */
  isRevoked(name: string): boolean {
    const standing = this.#standing(name);
    return standing !== undefined && !('pool' in standing);
  }

  /** Those whose policy was revoked since, by a revocation that was for later: each is told once. */
  takeTurned(): readonly string[] {
    const names = [...this.#turned];
    this.#turned.clear();
    return names;
  }

  has(name: string): boolean {
    return this.#configs.has(name);
  }

  all(): readonly PoolPolicy[] {
    return [...this.#serving.values()].map((one) => ('pool' in one ? one.pool.stored : one.stored));
  }

  /** Of those that are configured, what each has to say; empty where each can decide. */
  problems(): readonly string[] {
    return [...this.#configs.keys()].flatMap((name) => {
      const standing = this.#serving.get(name);
      if (standing !== undefined && 'pool' in standing) return [];
      return [`${name}: ${standing === undefined ? this.#whyNot(name) : standing.revoked}`];
    });
  }

  /**
   * What becomes of a pool with another policy: it decides, or waits until its time has come.
   *
   * @throws Fault `usage` at `policy…` for one that may not decide, with every reason; `conflict`
   *   for an older one or another; `missing` for a pool that is not configured.
   */
  prepare(name: string, file: Uint8Array, revocations: readonly Uint8Array[]): Prepared {
    const config = this.#configs.get(name);
    if (config === undefined) throw new Fault('missing', `pools[${name}]`, 'is not configured');
    const standing = this.#serving.get(name);
    const before = standing && ('pool' in standing ? standing.pool.stored : standing.stored);
    const at = this.#deps.now();
    const read = policyIn(file);
    if (config.signers === undefined && revocations.length > 0) {
      throw new Fault(
        'usage',
        'revocations',
        'this pool has no keyring: nobody could say whose they are',
      );
    }
    if (read.policy.metadata.lifecycle.state === 'draft') {
      throw new Fault('usage', 'policy.metadata.lifecycle.state', 'a draft admits nobody');
    }
    if (before !== undefined) requireLater(read, before);
    // A revocation is never taken back: what came before stays, whatever is handed in now.
    const known = distinct([...(before?.revocations ?? []), ...revocations]);
    const isAgain = before?.digest === read.digest;
    if (isAgain && known.length === before.revocations.length) {
      return { expected: before.digest, stored: before, isAsBefore: true };
    }
    const seenAt = before?.pending?.digest === read.digest ? before.pending.seenAt : at;
    const from =
      config.signers === undefined || before === undefined || isAgain
        ? at
        : inForceFrom(config.signers.keyring, file, before, { seenAt, at });
    if (before !== undefined && from > at) {
      const pending = { digest: read.digest, file, seenAt, from };
      return { expected: before.digest, stored: { ...before, revocations: known, pending } };
    }
    const stored: PoolPolicy = {
      pool: name,
      name: read.policy.metadata.name,
      revision: read.policy.metadata.revision,
      digest: read.digest,
      file,
      revocations: known,
      activatedAt: at,
      ...(isAgain && before.pending && { pending: before.pending }),
    };
    const next = standingOf(config, stored, at);
    if ('pool' in next) return { expected: before?.digest, stored };
    if (!isAgain) throw new Fault('usage', 'policy', next.revoked);
    return { expected: before.digest, stored, revoked: next.revoked };
  }

  /** Policies whose time has come since they were handed in. */
  duePending(now: number): readonly { readonly pool: string; readonly file: Uint8Array }[] {
    return this.all().flatMap(({ pool, pending }) =>
      pending !== undefined && pending.from <= now ? [{ pool, file: pending.file }] : [],
    );
  }

  #standing(name: string): Standing | undefined {
    const [standing, config] = [this.#serving.get(name), this.#configs.get(name)];
    if (standing === undefined || config === undefined || !('pool' in standing)) return standing;
    const { stored } = standing.pool;
    const now = this.#deps.now();
    if (stored.revocations.length === 0 || now - standing.askedAt < ASK_AGAIN_MS) return standing;
    const again = standingOf(config, stored, now);
    this.#serving.set(name, again);
    if (!('pool' in again)) this.#turned.add(name);
    return again;
  }

  #whyNot(name: string): string {
    return this.#configs.has(name) ? 'no policy was activated yet' : 'is not configured here';
  }
}

export interface Prepared {
  /** There is nothing to do: it decides already, and nothing new revokes it. */
  readonly isAsBefore?: true;
  /** Digest of the policy that decides now. */
  readonly expected: string | undefined;
  readonly stored: PoolPolicy;
  /** Why it decides nothing, where it was revoked by what came with it. */
  readonly revoked?: string;
}

function isAsBefore(a: PoolPolicy, b: PoolPolicy): boolean {
  return (
    a.activatedAt === b.activatedAt &&
    a.digest === b.digest &&
    a.revocations.length === b.revocations.length &&
    a.pending?.digest === b.pending?.digest
  );
}

function standingOf(config: PoolConfig, stored: PoolPolicy, at: number): Standing {
  const { file, revocations } = stored;
  const { signers } = config;
  if (signers === undefined) {
    const read = policyIn(file);
    const used = { compiled: compilePolicy(read), revocations: [] };
    return { askedAt: at, pool: servingOf(config, stored, read, used) };
  }
  if (!isEnvelope(file)) return { askedAt: at, revoked: UNSIGNED, stored };
  const { keyring, source } = signers;
  const signed = verifySignedPolicy({ envelope: file, keyring, revocations, at });
  const { verdict, policy, checks } = signed;
  if (verdict !== 'accept' || policy === undefined) {
    return { askedAt: at, revoked: openAnswers(checks), stored };
  }
  const trust = { keyring: source, at };
  const used = { compiled: compilePolicy(policy), envelope: file, revocations, trust };
  return { askedAt: at, pool: servingOf(config, stored, policy, used) };
}

const UNSIGNED = 'is not signed, and this pool has a keyring';

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

function policyIn(file: Uint8Array): ReadPolicy {
  return isEnvelope(file) ? readPolicyEnvelope(file, 'policy') : readPolicy(file);
}

/** The same again changes nothing but what it was revoked by; an older one never comes back. */
function requireLater({ policy: { metadata }, digest }: ReadPolicy, before: PoolPolicy): void {
  if (metadata.name === before.name) {
    if (digest === before.digest || metadata.revision > before.revision) return;
    const detail = `revision ${before.revision} of ${before.name} decides (${before.digest}): revision ${metadata.revision} is no later one`;
    throw new Fault('conflict', 'policy.metadata.revision', detail);
  }
  const detail = `the pool is ${before.name}’s, and this is ${metadata.name}`;
  throw new Fault('conflict', 'policy.metadata.name', detail);
}

/**
 * When a revision is in force: its place in the chain of revisions is looked at, and its delay.
 *
 * @throws Fault `usage` for one that does not follow on what decides.
 */
function inForceFrom(
  keyring: Keyring,
  file: Uint8Array,
  before: PoolPolicy,
  { seenAt, at }: { readonly seenAt: number; readonly at: number },
): number {
  if (!isEnvelope(file)) {
    throw new Fault('usage', 'policy', UNSIGNED);
  }
  const { signed, policy, checks: own } = verifySignedPolicy({ envelope: file, keyring, at });
  if (signed === undefined || policy === undefined) {
    throw new Fault('usage', 'policy', openAnswers(own));
  }
  const previous = revisionOf(policyIn(before.file));
  const context = { keyring, signed, now: at, firstSeen: seenAt };
  const { verdict, checks } = checkRevision(previous, revisionOf(policy), context);
  if (verdict === 'accept') return at;
  const others = checks.filter(
    ({ id, outcome }) =>
      id !== 'policy.chain.activation' && outcome !== 'pass' && outcome !== 'skipped',
  );
  if (others.length > 0) throw new Fault('usage', 'policy', openAnswers(checks));
  const { lifecycle } = policy.policy.metadata;
  const begins = 'notBefore' in lifecycle ? lifecycle.notBefore : undefined;
  return Math.max(
    seenAt + keyring.activationDelay,
    begins === undefined ? 0 : parseUtcTimestamp(begins, 'policy.metadata.lifecycle.notBefore'),
  );
}

function openAnswers(checks: readonly Check[]): string {
  return checks
    .flatMap((check) => {
      if (check.outcome === 'fail') return [`${check.id}: want ${check.want}, got ${check.got}`];
      return check.outcome === 'unresolved' ? [`${check.id}: ${check.because}`] : [];
    })
    .join('; ');
}

function distinct(blobs: readonly Uint8Array[]): readonly Uint8Array[] {
  return [
    ...new Map(blobs.map((bytes) => [Buffer.from(bytes).toString('base64'), bytes])).values(),
  ];
}
