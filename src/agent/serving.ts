import type { SessionPurpose } from '../appraisal/binding/session-nonce.ts';
import type { Services } from '../protocol/node.ts';
import type { AgentConfig } from './config.ts';
import type { ServerKeys } from './keys/server-keys.ts';
import { codeOfError, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { installForSshd, openFolder } from './ssh/folder.ts';
import { HostKeyAgent } from './ssh/host-key-agent.ts';
import { reload } from './ssh/reload.ts';

export interface ServingOptions {
  readonly config: AgentConfig;
  readonly keys: ServerKeys;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What a machine serves beside sealed requests, under keys of its keyset. */
export class Serving {
  /** Purposes that evidence about one connection is asked for with. */
  readonly purposes: readonly SessionPurpose[];
  readonly #ssh: HostKeyAgent | undefined;

  private constructor(ssh: HostKeyAgent | undefined) {
    this.#ssh = ssh;
    this.purposes = ssh ? ['ssh-session'] : [];
  }

  /** @throws Fault `usage`, `conflict` or `unreachable` where it can't serve. */
  static async open(options: ServingOptions): Promise<Serving> {
    return new Serving(await openSsh(options));
  }

  /** Whether a connection is open, here, and was begun with a key of the keyset. */
  knows(purpose: SessionPurpose, session: Uint8Array): boolean {
    return purpose === 'ssh-session' && (this.#ssh?.knows(session) ?? false);
  }

  async close(): Promise<void> {
    await this.#ssh?.close();
  }
}

async function openSsh({ config, keys, log, metrics }: ServingOptions) {
  const { ssh } = config;
  if (ssh === null) return undefined;
  const folder = await openFolder(ssh.folder);
  const agent = await HostKeyAgent.open({ ...folder, keys: keys.ssh, log, metrics });
  await installForSshd(ssh.folder, folder, keys.ssh);
  log('info', 'sshd set up', { count: keys.ssh.length });
  if (ssh.reload === null) return agent;
  // An sshd that is not there yet reads it when it starts.
  await reload(ssh.reload).catch((error: unknown) => {
    log('warn', 'sshd not reloaded', { code: codeOfError(error) });
  });
  return agent;
}

/** Where people reach what it serves, as it is told to a gateway; undefined where nobody is told. */
export function servicesOf({ ssh, tls }: Pick<AgentConfig, 'ssh' | 'tls'>): Services | undefined {
  const services = {
    ...(ssh?.address && { ssh: ssh.address }),
    ...(tls?.address && { tls: tls.address }),
  };
  return Object.keys(services).length > 0 ? services : undefined;
}
