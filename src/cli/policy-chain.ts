import { checkRevision } from '../appraisal/policy/signing/check-revision.ts';
import type { Keyring } from '../appraisal/policy/signing/keyring.ts';
import { readPolicyEnvelope } from '../appraisal/policy/signing/policy-envelope.ts';
import { type KnownRevision, revisionOf } from '../appraisal/policy/signing/revision.ts';
import type { SignedPolicyResult } from '../appraisal/policy/signing/signed-policy.ts';
import type { Check, Verdict } from '../evidence/verdict.ts';
import { asConfiguration } from './configuration.ts';
import { type Io, usage } from './io.ts';
import { parseRfc3339 } from './rfc3339.ts';
import { type Args, asOption } from './verb.ts';

/** What a signed policy is to follow on, as far as the command line says it. */
export interface Chain {
  /** The revision that was accepted last. */
  readonly previous: KnownRevision;
  /** Milliseconds since the epoch; undefined for now. */
  readonly firstSeen: number | undefined;
}

/** What the options are called: another verb may have a policy beside its own operand. */
export interface ChainNames {
  readonly previous: string;
  readonly firstSeen: string;
}

/**
 * The last revision and when the next was first seen; undefined where no last one is given.
 *
 * @throws Fault `usage` naming the option.
 */
export async function readChain(io: Io, args: Args, names: ChainNames): Promise<Chain | undefined> {
  const [path, seen] = [args.one(names.previous), args.one(names.firstSeen)];
  if (path === undefined && seen !== undefined) {
    throw usage(`--${names.firstSeen}: needs --${names.previous}`);
  }
  if (path === undefined) return undefined;
  const firstSeen =
    seen === undefined ? undefined : asOption(names.firstSeen, () => parseRfc3339(seen));
  const file = await io.readFile(path);
  const read = () => revisionOf(readPolicyEnvelope(file, path));
  return { previous: asConfiguration(`--${names.previous}`, read), firstSeen };
}

/** How a signed policy follows on the last; undefined where that is not asked, or can't be. */
export function followsOn(
  { policy, signed }: SignedPolicyResult,
  chain: Chain | undefined,
  keyring: Keyring,
  now: number,
): { readonly verdict: Verdict; readonly checks: readonly Check[] } | undefined {
  if (chain === undefined || policy === undefined || signed === undefined) return undefined;
  const { previous, firstSeen } = chain;
  const context = { keyring, signed, now, ...(firstSeen !== undefined && { firstSeen }) };
  return checkRevision(previous, revisionOf(policy), context);
}
