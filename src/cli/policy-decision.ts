import type { Appraisal } from '../appraisal/appraise/appraisal.ts';
import { appraise } from '../appraisal/appraise/appraise.ts';
import { POLICY_CHECKS } from '../appraisal/appraise/checks.ts';
import type { Appraisable } from '../appraisal/appraise/subject.ts';
import type { UsedPolicy } from '../ledger/record/capture.ts';
import { checkEarOptions, EAR_OPTIONS } from './ear-options.ts';
import { type Io, usage } from './io.ts';
import { PINNED_POLICY_OPTIONS, readTrustedPolicy, SIGNED_POLICY_OPTIONS } from './policy-file.ts';
import { parseRfc3339 } from './rfc3339.ts';
import { type Args, asOption, type Options } from './verb.ts';

export { POLICY_CHECKS };

/** What every verb that verifies evidence takes besides. */
export const POLICY_OPTIONS: Options = {
  policy: {
    value: '<yaml|json|dsse>',
    help: 'decide by this measurement policy in place of the baseline alone (see postern policy)',
  },
  ...PINNED_POLICY_OPTIONS,
  ...SIGNED_POLICY_OPTIONS,
  ...EAR_OPTIONS,
};

export async function readPolicyOption(io: Io, args: Args): Promise<UsedPolicy | undefined> {
  checkEarOptions(args);
  const path = args.one('policy');
  if (path !== undefined) return readTrustedPolicy(io, args, path, instantOf(io, args));
  const about = { ...PINNED_POLICY_OPTIONS, ...SIGNED_POLICY_OPTIONS };
  const idle = Object.keys(about).find((name) => args.has(name));
  if (idle !== undefined) throw usage(`--${idle} is about a policy: give --policy as well`);
  return undefined;
}

/** The instant of `--at` for everything, or now. */
function instantOf(io: Io, args: Args): number {
  const text = args.many('at').find((one) => !one.includes('='));
  return text === undefined ? io.now() : asOption('at', () => parseRfc3339(text));
}

/** The verification as it is, or the decision about it where there is a policy. */
export function decide<Result extends Appraisable>(
  result: Result,
  policy: UsedPolicy | undefined,
): Result | Appraisal {
  return policy === undefined ? result : appraise(result, policy.compiled, Date.parse(result.at));
}
