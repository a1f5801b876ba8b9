import { usage } from './io.ts';
import type { Args } from './verb.ts';

/** What `--policy-digest` names, each time. @throws Fault `usage` for what is no digest of a policy. */
export function readPolicyDigests(args: Args): readonly string[] {
  const digests = args.many('policy-digest');
  const odd = digests.find((digest) => !/^sha256:[0-9a-f]{64}$/.test(digest));
  if (odd === undefined) return digests;
  throw usage(`--policy-digest: want sha256: and 64 hex digits, got ${JSON.stringify(odd)}`);
}
