import type { Chain } from '../appraisal/policy/signing/follows-on.ts';
import { readPolicyEnvelope } from '../appraisal/policy/signing/policy-envelope.ts';
import { revisionOf } from '../appraisal/policy/signing/revision.ts';
import { asConfiguration } from './configuration.ts';
import { type Io, usage } from './io.ts';
import { parseRfc3339 } from './rfc3339.ts';
import { type Args, asOption } from './verb.ts';

/** A chain, and the envelope that the revision before was read from. */
export interface ReadChain extends Chain {
  readonly envelope: Uint8Array;
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
export async function readChain(
  io: Io,
  args: Args,
  names: ChainNames,
): Promise<ReadChain | undefined> {
  const [path, seen] = [args.one(names.previous), args.one(names.firstSeen)];
  if (path === undefined && seen !== undefined) {
    throw usage(`--${names.firstSeen}: needs --${names.previous}`);
  }
  if (path === undefined) return undefined;
  const firstSeen =
    seen === undefined ? undefined : asOption(names.firstSeen, () => parseRfc3339(seen));
  const file = await io.readFile(path);
  const read = () => revisionOf(readPolicyEnvelope(file, path));
  return { previous: asConfiguration(`--${names.previous}`, read), firstSeen, envelope: file };
}
