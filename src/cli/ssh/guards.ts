import { asPosternError } from '../../client/at-stage.ts';
import { PosternError } from '../../client/errors.ts';
import { admissionEnd } from '../../client/machine-watch.ts';
import type { OpenMachines } from '../../client/open-machines.ts';
import type { AgentProxy } from '../../client/ssh/agent-proxy.ts';
import type { VerifiedMachine } from '../../client/verifying.ts';
import { equalBytes } from '../../core/bytes/equal.ts';
import { type Io, warn } from '../io.ts';
import type { Guard } from './guarded.ts';
import type { SshSystem } from './system.ts';

/**
 * In milliseconds: until ssh has to show its session. Before that a jump host may ask for what its user
 * has to look up; who lets ssh in with nothing shown has it ended without this.
 */
const SHOWN_WITHIN = 10 * 60_000;

/**
 * Ends the connection with the machine's admission.
 *
 * @param proveAgain the session, to a machine that was verified anew; resolves where none is proven.
 */
export function admissionGuard(
  io: Io,
  { machines, credential }: OpenMachines,
  machine: VerifiedMachine,
  { pause, watchEvery }: SshSystem,
  proveAgain: (machine: VerifiedMachine) => Promise<void>,
): Guard {
  const fits = ({ sshHostKeys }: VerifiedMachine) =>
    machine.sshHostKeys.some(({ blob }) => sshHostKeys.some((key) => equalBytes(key.blob, blob)));
  let { checkedAt } = machine.view;
  const pick: OpenMachines['machines']['pick'] = async (...asked) => {
    try {
      const again = await machines.pick(...asked);
      if (again.view.checkedAt !== checkedAt && fits(again)) await proveAgain(again);
      checkedAt = again.view.checkedAt;
      return again;
    } catch (error) {
      if (error instanceof PosternError && error.checks.length === 0) {
        warn(io, `${machine.node} can’t be looked at again: ${error.what}`);
      }
      throw error;
    }
  };
  const deps = { machines: { pick }, credential, now: io.now, pause, every: watchEvery };
  return (signal) => admissionEnd(machine, fits, deps, signal);
}

/** Ends the connection that the machine does not answer for, or of which ssh does not say which it is. */
export function proofGuard(
  { proven, isShown }: Pick<AgentProxy, 'proven' | 'isShown'>,
  node: string,
  { pause }: Pick<SshSystem, 'pause'>,
): Guard {
  const late = async (signal: AbortSignal) => {
    await pause(SHOWN_WITHIN, signal);
    if (signal.aborted || isShown()) return proven;
    throw new PosternError(
      'connect.session',
      `ssh asked its agent nothing within ${SHOWN_WITHIN / 60_000} minutes, and so showed no session that ${node} could answer for: it may still wait for a jump host, or for who is at the other end to take a key. --no-prove-session takes the host key alone`,
      { node },
    );
  };
  return async (signal) => {
    try {
      await Promise.race([proven, late(signal)]);
      return undefined;
    } catch (error) {
      const said = asPosternError('connect', `the proof of ${node}`, { node }, error);
      return said instanceof Error ? said : new Error(String(said));
    }
  };
}
