import { type ReadPolicy, tryPolicy } from '../appraisal/policy/read-policy.ts';
import { isEnvelope, readPolicyEnvelope } from '../appraisal/policy/signing/policy-envelope.ts';
import {
  type SignedPolicyResult,
  verifySignedPolicy,
} from '../appraisal/policy/signing/signed-policy.ts';
import { schemaMisfits } from '../core/document/schema-misfits.ts';
import { fromBase64 } from '../core/encoding/base64.ts';
import { malformed } from '../core/fault.ts';
import { PoolPolicySchema } from '../protocol/operator.ts';
import { atStage } from './at-stage.ts';
import { PosternError } from './errors.ts';
import type { Credential, Gateway } from './gateway.ts';
import { type Memory, remember } from './memory.ts';
import type { MachinesOptions } from './options.ts';
import {
  type HeldPolicy,
  hold,
  policyOfFile,
  readSignerPin,
  type SignerPin,
  wantOneKind,
} from './policy-pin.ts';
import { type Revision, readRevisionMemory, writeRevisionMemory } from './revision-memory.ts';
import { withThoseSeen } from './revocation-memory.ts';

export interface PolicySourceDeps {
  readonly gateway: Gateway;
  readonly memory: Memory;
  readonly now: () => number;
  /** How long a signed policy is taken for the last one, in milliseconds. */
  readonly heldFor: number;
}

/** Policy and the revocations that go with it, as a gateway hands them over. */
interface Handed {
  readonly file: Uint8Array;
  readonly revocations: readonly Uint8Array[];
}

/** Where machines' policy comes from: the caller's own hands, or a gateway that can only pass on. */
export class PolicySource {
  readonly #options: MachinesOptions;
  readonly #deps: PolicySourceDeps;
  readonly #signers: SignerPin | undefined;
  /** By pool, since a gateway has one in each. */
  readonly #held = new Map<string, { readonly policy: HeldPolicy; readonly at: number }>();
  readonly #own: HeldPolicy | undefined;
  #last: HeldPolicy | undefined;

  /** @throws PosternError for a pin that pins nothing; Fault for a policy or keys that can't be read. */
  constructor(options: MachinesOptions, deps: PolicySourceDeps) {
    this.#options = options;
    this.#deps = deps;
    const { policy: pin } = options;
    wantOneKind(pin);
    this.#signers = 'name' in pin ? readSignerPin(pin) : undefined;
    this.#own = 'file' in pin ? hold(policyOfFile(pin.file), 'file', [], options) : undefined;
    if ('digest' in pin && !/^sha256:[0-9a-f]{64}$/.test(pin.digest)) {
      throw new PosternError('policy.usage', 'digest: want sha256: and 64 lower-case hex digits');
    }
  }

  /** The one that was judged by last. */
  get last(): HeldPolicy | undefined {
    return this.#own ?? this.#last;
  }

  /** Whether a later document than the one at hand could be the pinned one. */
  get mayChange(): boolean {
    return this.#signers !== undefined;
  }

  /**
   * @param fresh asks the gateway though one is at hand.
   * @throws PosternError of stage `policy`.
   */
  async policyOf(pool: string, credential: Credential, fresh = false): Promise<HeldPolicy> {
    if (this.#own) return this.#own;
    const { now, heldFor } = this.#deps;
    const held = this.#held.get(pool);
    const at = now();
    // A clock that was turned back holds nothing for longer.
    const isLast = held && held.at <= at && at - held.at < heldFor;
    if (held && (this.#signers === undefined || (!fresh && isLast))) return held.policy;
    const policy = await atStage('policy', `the policy of pool ${pool}`, {}, () =>
      this.#ask(pool, credential),
    );
    this.#held.set(pool, { policy, at: now() });
    this.#last = policy;
    return policy;
  }

  async #ask(pool: string, credential: Credential): Promise<HeldPolicy> {
    const handed = await askPolicy(this.#deps.gateway, pool, credential);
    const { policy: pin } = this.#options;
    return this.#signers
      ? this.#bySigners(handed, this.#signers)
      : this.#byDigest(handed, 'digest' in pin ? pin.digest : '');
  }

  /** Whoever signed it or not: the caller has its digest from where he trusts. */
  #byDigest({ file }: Handed, digest: string): HeldPolicy {
    const read = isEnvelope(file) ? readPolicyEnvelope(file, 'policy') : plain(file);
    if (read.digest !== digest) {
      const { name, revision } = read.policy.metadata;
      throw new PosternError(
        'policy.digest',
        `pinned is ${digest}, and the gateway has ${name} revision ${revision}, ${read.digest}`,
      );
    }
    return hold(read, 'digest', [], this.#options);
  }

  async #bySigners({ file, revocations }: Handed, pin: SignerPin): Promise<HeldPolicy> {
    const { memory, now, gateway } = this.#deps;
    const place = `${gateway.origin}/${pin.name}`;
    const seen = await withThoseSeen(memory, `revocations/${place}`, revocations, pin.keyring);
    const handed = { file, revocations: seen };
    const offered = verified(handed, pin, now());
    let held = offered;
    await remember(memory, `policy/${place}`, async (text) => {
      const before = text === undefined ? undefined : readRevisionMemory(text);
      const next = revisionOf(offered.read);
      held = offered;
      if (before === undefined) {
        return writeRevisionMemory({ accepted: next, envelope: handed.file });
      }
      wantNoRollback(next, before.accepted);
      if (next.revision === before.accepted.revision) return undefined;
      // A revision that its owners never meant has to be seen by them before anybody goes by it.
      const same = before.waiting?.digest === next.digest ? before.waiting : undefined;
      const since = same?.since ?? now();
      if (now() >= since + pin.keyring.activationDelay) {
        return writeRevisionMemory({ accepted: next, envelope: handed.file });
      }
      held = verified({ ...handed, file: before.envelope }, pin, now());
      return writeRevisionMemory({ ...before, waiting: { ...next, since } });
    });
    return hold(held.read, 'signers', held.signedBy, this.#options);
  }
}

/** @throws as {@link Gateway.json}; Fault `malformed` at `policy…`. */
async function askPolicy(gateway: Gateway, pool: string, credential: Credential): Promise<Handed> {
  const path = `/v1/pools/${encodeURIComponent(pool)}/policy`;
  const value = await gateway.json(path, LARGEST_ANSWER, { credential });
  const [misfit] = schemaMisfits(PoolPolicySchema, value);
  if (misfit) throw malformed(`policy.${misfit.path}`, misfit.problem);
  const { file, revocations } = value as { file: string; revocations: readonly string[] };
  return {
    file: fromBase64(file, 'policy.file'),
    revocations: revocations.map((one, i) => fromBase64(one, `policy.revocations[${i}]`)),
  };
}

/** A policy of the largest size and as many revocations as a pool may have, in base64. */
const LARGEST_ANSWER = 16 * 1024 * 1024;

interface Signed {
  readonly read: ReadPolicy;
  readonly signedBy: readonly string[];
}

function verified({ file, revocations }: Handed, pin: SignerPin, at: number): Signed {
  const { keyring, name, leastRevision } = pin;
  const result = verifySignedPolicy({ envelope: file, keyring, revocations, at });
  const { verdict, policy: read } = result;
  if (verdict !== 'accept' || read === undefined) throw refused(result);
  const { metadata } = read.policy;
  if (metadata.name !== name) {
    throw new PosternError(
      'policy.name',
      `pinned is ${name}, and the gateway has ${metadata.name}`,
    );
  }
  if (metadata.revision < leastRevision) {
    throw new PosternError(
      'policy.revision',
      `${name}: want revision ${leastRevision} or later, and the gateway has ${metadata.revision}`,
    );
  }
  return { read, signedBy: signersOf(result, pin) };
}

function refused({ checks }: SignedPolicyResult): PosternError {
  const open = checks.filter(({ outcome }) => outcome === 'fail' || outcome === 'unresolved');
  return new PosternError(
    'policy.signatures',
    `the gateway’s policy is not one that the pinned signers signed: ${open.map(({ id }) => id).join(', ')}`,
    { checks: open },
  );
}

function signersOf({ signed }: SignedPolicyResult, { keyring }: SignerPin): readonly string[] {
  const ids = new Set(signed?.signers.map(({ keyId }) => keyId));
  return keyring.keys.filter(({ publicKey }) => ids.has(publicKey.keyId)).map(({ owner }) => owner);
}

function plain(file: Uint8Array): ReadPolicy {
  const { read, problems } = tryPolicy(file);
  if (read) return read;
  throw malformed('policy', problems[0]?.problem ?? 'can’t be read');
}

function revisionOf({ policy, digest }: ReadPolicy): Revision {
  return { revision: policy.metadata.revision, digest };
}

function wantNoRollback(next: Revision, accepted: Revision): void {
  if (next.revision < accepted.revision) {
    throw new PosternError(
      'policy.rollback',
      `revision ${accepted.revision} was judged by before, and the gateway has ${next.revision}`,
    );
  }
  if (next.revision === accepted.revision && next.digest !== accepted.digest) {
    throw new PosternError(
      'policy.fork',
      `revision ${accepted.revision} was ${accepted.digest} before, and is ${next.digest} now`,
    );
  }
}
