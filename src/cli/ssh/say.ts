import { PosternError } from '../../client/errors.ts';
import type { OpenMachines } from '../../client/open-machines.ts';
import type { Place } from '../../client/ssh/hardening.ts';
import { shownFingerprint } from '../../client/ssh/known-hosts.ts';
import { trustOf } from '../../client/trust-facts.ts';
import type { VerifiedMachine } from '../../client/verifying.ts';
import { type Io, warn } from '../io.ts';
import { painter } from '../paint.ts';
import { visible } from '../visible.ts';

/** Which machine it is and why, before ssh says anything. */
export function tellMachine(
  io: Io,
  open: Pick<OpenMachines, 'view'>,
  machine: VerifiedMachine,
  place: Place,
): void {
  const paint = painter(io.colours);
  const { policy } = open.view();
  const by = policy ? `policy ${policy.name} revision ${policy.revision}` : 'its policy';
  const at = `${place.host}:${place.port}`;
  const until = new Date(machine.until).toISOString();
  const says = `${machine.name} (${machine.node}) meets ${by}, until ${until}`;
  io.err(`${paint('green', '✓')} ${visible(says)}\n`);
  for (const key of machine.sshHostKeys) {
    io.err(`  ${key.algorithm} ${shownFingerprint(key)}, which alone is taken at ${visible(at)}\n`);
  }
  for (const warning of trustOf(open.view(), machine.view).warnings) {
    io.err(`${paint('yellow', 'note')}  ${visible(warning)}\n`);
  }
}

/** The same for programs. */
export function machineJson(
  open: Pick<OpenMachines, 'view'>,
  { node, pool, name, until, keyset, sshHostKeys, view }: VerifiedMachine,
) {
  const shown = open.view();
  return {
    node,
    name,
    pool,
    verdict: view.evidence?.verdict,
    anchors: view.evidence?.anchors,
    until: new Date(until).toISOString(),
    keyset,
    hostKeys: sshHostKeys.map((key) => ({
      algorithm: key.algorithm,
      fingerprint: shownFingerprint(key),
    })),
    policy: shown.policy,
    ledger: shown.ledger,
    notes: trustOf(shown, view).warnings,
  };
}

/** Sentences of ssh's that say that the host key was another one, or none of the kinds that are known. */
const OTHER_KEY = /^(?:Host key verification failed\.|.*no matching host key type found\..*)\r?$/m;

/** After an ssh that could not connect: whether it met another machine than the one that was verified. */
export function tellOther(
  io: Io,
  lastWords: string,
  { node }: VerifiedMachine,
  { host, port }: Place,
): void {
  if (!OTHER_KEY.test(lastWords)) return;
  warn(
    io,
    `the machine at ${host}:${port} is not ${node}, which was verified: it does not have its host key. Nothing was sent to it; somebody redirects this address, or the gateway names a wrong one`,
  );
}

const DENIED = /^.*Permission denied \(.*\)\.\r?$/m;

/** After an ssh that nobody let in: by which ways it was not allowed to try. */
export function tellKeysOnly(io: Io, lastWords: string): void {
  if (!DENIED.test(lastWords)) return;
  warn(
    io,
    'ssh may authenticate by key alone where the session is proven; password, keyboard-interactive, host-based and GSSAPI take --no-prove-session',
  );
}

export function letInUnproven({ node }: VerifiedMachine): PosternError {
  return new PosternError(
    'connect.session',
    `whoever is at the other end let ssh in before ssh asked its agent, and so before ${node} answered for this connection: ssh was ended. It takes no key of yours, or is not ${node}; --no-prove-session takes the host key alone for it`,
    { node },
  );
}
