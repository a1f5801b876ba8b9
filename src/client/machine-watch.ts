import { asPosternError } from './at-stage.ts';
import { PosternError } from './errors.ts';
import type { Credential } from './gateway.ts';
import type { Machines } from './machines.ts';
import type { VerifiedMachine } from './verifying.ts';

export interface WatchDeps {
  readonly machines: Pick<Machines, 'pick'>;
  readonly credential: () => Promise<Credential>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** @returns no later than when the signal says so. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds between looks. */
  readonly every: number;
}

/**
 * What the ways of asking end in, and machines do not: whoever is asked may be away for a moment, and
 * so may who is needed to judge an answer.
 */
const AWAY = /\.(unreachable|refused|busy|indeterminate)$/;

/**
 * Watches a machine for as long as somebody is connected to it: whether it is still proposed by its
 * gateway, and, whenever its verification runs out, whether it can be verified anew. Where nobody can
 * be asked about it, or what is said decides nothing, it has until then.
 *
 * @param fits whether the machine, as it was verified anew, is still the one that was connected to.
 * @returns why its admission ended; undefined where the signal came first.
 */
export async function admissionEnd(
  machine: VerifiedMachine,
  fits: (machine: VerifiedMachine) => boolean,
  { machines, credential, now, pause, every }: WatchDeps,
  signal: AbortSignal,
): Promise<PosternError | undefined> {
  const { node, pool } = machine;
  let { until } = machine;
  for (;;) {
    await pause(Math.max(0, Math.min(every, until - now())), signal);
    if (signal.aborted) return undefined;
    try {
      const again = await machines.pick({ pool, node }, await credential());
      if (!fits(again)) return ended(node, 'it serves with other keys by now');
      until = again.until;
    } catch (error) {
      const said = asPosternError('candidates', `the standing of ${node}`, { node }, error);
      if (!(said instanceof PosternError)) throw said;
      if (!AWAY.test(said.code) || now() >= until)
        return ended(node, `${said.code}: ${said.what}`, said);
    }
    if (signal.aborted) return undefined;
  }
}

function ended(node: string, why: string, cause?: PosternError): PosternError {
  return new PosternError('session.ended', `${node} is no longer let in: ${why}`, {
    node,
    ...(cause && { checks: cause.checks, cause }),
  });
}
