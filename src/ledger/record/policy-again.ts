import { trustAgain } from '../../appraisal/policy/signing/policy-trust.ts';
import { equalBytes } from '../../core/bytes/equal.ts';
import { parseEnvelope } from '../../core/encoding/dsse.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import type { JsonObject, JsonValue } from '../../core/encoding/json.ts';
import { malformed } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import { Memory } from '../../evidence/memory.ts';
import type { RecordedPolicy } from './policy-form.ts';

/** Why a signed policy was none to decide by, under the keyring and at the instant of the record. */
export interface PolicyFinding extends Mismatch {
  /** Id of the check, e.g. `policy.signed.signatures`. */
  readonly at: string;
}

export interface SigningAgain {
  readonly findings: readonly PolicyFinding[];
  /** That nothing was asked again, and why. */
  readonly note?: string;
}

const MOST_POLICIES = 64;
const PATH = 'manifest.policy';
const NOTHING: SigningAgain = { findings: [] };

/** Asks again who signed recorded policies; a fleet's policy is the same in many records. */
export class PolicyAgain {
  readonly #known = new Memory<string, SigningAgain>({
    entries: MOST_POLICIES,
    weight: MOST_POLICIES,
  });

  /**
   * @param written the policy as the manifest has it, bytes by their digests.
   * @throws Fault `malformed` at `manifest.policy…` for an envelope of another document, and for a
   *   keyring or a revision before that can't be read.
   */
  ask(policy: RecordedPolicy, written: JsonValue | undefined): SigningAgain {
    const { envelope, document, revocations, trust } = policy;
    if (envelope === undefined) return NOTHING;
    const path = `${PATH}.envelope`;
    if (!equalBytes(parseEnvelope(envelope, path).payload, document)) {
      throw malformed(path, 'holds another document than the one that decided');
    }
    if (trust === undefined) {
      return {
        findings: [],
        note: 'who signed the policy was not checked again: the record does not say whose signatures counted',
      };
    }
    const key = keyOf(policy, written);
    const known = this.#known.get(key);
    if (known) return known;
    const { verdict, checks } = trustAgain(envelope, revocations, trust, `${PATH}.trust`);
    const findings = checks.flatMap((check): readonly PolicyFinding[] => {
      if (check.outcome === 'fail') return [{ at: check.id, want: check.want, got: check.got }];
      if (check.outcome !== 'unresolved') return [];
      return [{ at: check.id, want: 'an answer', got: check.because }];
    });
    const other = { at: 'policy', want: 'a policy to decide by', got: verdict };
    const again =
      verdict === 'accept' ? NOTHING : { findings: findings.length > 0 ? findings : [other] };
    this.#known.set(key, again, 1);
    return again;
  }
}

/** Where nothing depends on the instant, one answer serves every decision by the policy. */
function keyOf({ revocations, trust }: RecordedPolicy, written: JsonValue | undefined): string {
  const policy = (written ?? null) as JsonObject;
  if (revocations.length > 0 || trust?.previous) return canonicalJson(policy);
  const { at: _at, ...timeless } = (policy['trust'] ?? {}) as JsonObject;
  return canonicalJson({ ...policy, trust: timeless });
}
