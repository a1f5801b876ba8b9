import { toHex } from '../../core/bytes/hex.ts';
import { PosternError } from '../errors.ts';
import { isMissing } from '../gateway.ts';
import { judge, wantAccepted } from '../judge-evidence.ts';
import type { OpenMachines } from '../open-machines.ts';
import { serverKeys } from '../server-keys.ts';
import { sessionEvidence, withKeyset } from '../session-evidence.ts';
import type { VerifiedMachine } from '../verifying.ts';
import { shownFingerprint } from './known-hosts.ts';
import { boundKey, type SessionBind } from './session-bind.ts';

/**
 * That a machine answers for one SSH connection as begun with its own key: evidence of now that is
 * about this session alone. Who has stolen the key, or has SSH end before the machine, can't show it.
 *
 * @throws PosternError `connect.host-key`; `connect.session` where the machine says that it has no such
 *   connection; `session.keyset`; of the stage that failed besides, which accuses nobody.
 */
export async function proveSession(
  { deps, machines, credential: ask }: Pick<OpenMachines, 'deps' | 'machines' | 'credential'>,
  machine: VerifiedMachine,
  bind: SessionBind,
): Promise<void> {
  const { node, pool } = machine;
  if (boundKey(bind, machine.sshHostKeys) === undefined) {
    throw new PosternError(
      'connect.host-key',
      `ssh is connected to a machine with ${shownFingerprint(bind.hostKey)}, which is no key of ${node}`,
      { node },
    );
  }
  const credential = await ask();
  const policy = await deps.policies.policyOf(pool, credential);
  const own = { purpose: 'ssh-session', session: bind.session } as const;
  const seen = await sessionEvidence(deps, node, credential, own).catch((cause: unknown) => {
    // Whom the gateway can't reach has said nothing of this connection.
    if (!(cause instanceof PosternError && isMissing(cause.cause))) throw cause;
    throw new PosternError(
      'connect.session',
      `${node} does not answer for this connection: whoever has its host key at the other end is not it, unless it was put out just now (${cause.what})`,
      { node, cause },
    );
  });
  const keyset = wantAccepted(node, await judge(deps, { pool, credential, policy }, seen), seen);
  await withKeyset(machines, machine, toHex(keyset.sha384), credential);
  if (boundKey(bind, serverKeys(keyset, seen.verified).sshHostKeys) === undefined) {
    throw new PosternError(
      'connect.session',
      `${node} does not show the key ${shownFingerprint(bind.hostKey)} that this connection was begun with`,
      { node },
    );
  }
}
