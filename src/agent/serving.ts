import type { SessionPurpose } from '../appraisal/binding/session-nonce.ts';
import { certificateChallenge } from '../appraisal/binding/tls-evidence.ts';
import { equalBytes } from '../core/bytes/equal.ts';
import type { Services } from '../protocol/node.ts';
import type { Attester } from './attesting/attester.ts';
import type { FleetCertificate, ServedKey } from './certificates/taken.ts';
import type { AgentConfig, SshConfig } from './config.ts';
import type { KeyGeneration } from './keys/key-generation.ts';
import type { ServerKeys } from './keys/server-keys.ts';
import { codeOfError, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { installForSshd, openFolder, type SshFolder } from './ssh/folder.ts';
import { HostKeyAgent } from './ssh/host-key-agent.ts';
import { reload } from './ssh/reload.ts';
import { makeLeaf } from './tls/leaf.ts';
import { TlsServer } from './tls/tls-server.ts';

export interface ServingOptions {
  readonly config: AgentConfig;
  readonly keys: ServerKeys;
  readonly attester: Attester;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What a machine serves beside sealed requests, under keys of its keyset. */
export class Serving {
  /** Purposes that evidence about one connection is asked for with. */
  readonly purposes: readonly SessionPurpose[];
  readonly #options: ServingOptions;
  readonly #ssh: { readonly agent: HostKeyAgent; readonly folder: SshFolder } | undefined;
  readonly #tls: TlsServer | undefined;

  #shownOfTls: FleetCertificate | undefined;
  /** The lines that were installed last. */
  #shownOfSsh = '';

  private constructor(
    options: ServingOptions,
    ssh: { readonly agent: HostKeyAgent; readonly folder: SshFolder } | undefined,
    tls: TlsServer | undefined,
  ) {
    this.#options = options;
    this.#ssh = ssh;
    this.#tls = tls;
    this.purposes = [
      ...(ssh ? ['ssh-session' as const] : []),
      ...(tls ? ['tls-session' as const] : []),
    ];
  }

  /** @throws Fault `usage`, `conflict` or `unreachable` where it can't serve. */
  static async open(options: ServingOptions): Promise<Serving> {
    const ssh = await openSsh(options);
    try {
      return new Serving(options, ssh, await openTls(options));
    } catch (error) {
      await ssh?.agent.close();
      throw error;
    }
  }

  /** Where TLS is listened for; undefined where it is not. */
  get tlsPort(): number | undefined {
    return this.#tls?.port;
  }

  /** Whether a connection is open, here, and was begun with a key of the keyset. */
  knows(purpose: SessionPurpose, session: Uint8Array): boolean {
    const server = purpose === 'ssh-session' ? this.#ssh?.agent : this.#tls;
    return server?.knows(session) ?? false;
  }

  /**
   * Makes what has to be there when a keyset comes in force: the certificate, with evidence over it.
   *
   * @returns what puts it in force.
   * @throws Fault where hardware gives no evidence.
   */
  async prepare({ keyset, digest, notBefore, notAfter }: KeyGeneration): Promise<() => void> {
    const { config, keys, attester, randomBytes, log } = this.#options;
    const tls = this.#tls;
    if (tls === undefined || keys.tls === undefined) return () => undefined;
    const challenge = { ...certificateChallenge(keys.tls.spki), keyset };
    const leaf = await makeLeaf(keys.tls, {
      names: config.tls?.names ?? [],
      validity: { from: notBefore, to: notAfter },
      bundle: await attester.forCertificate(challenge),
      serial: randomBytes(16),
    });
    return () => {
      tls.use(leaf);
      log('info', 'certificate issued', { keyset: digest });
    };
  }

  /** The keys that the gateway's authorities are to certify. */
  get toCertify(): readonly ServedKey[] {
    const { config, keys } = this.#options;
    return [
      ...(config.ssh?.certificates
        ? keys.ssh.map(({ blob }) => ({ use: 'ssh-host' as const, key: blob }))
        : []),
      ...(config.tls?.certificates && keys.tls
        ? [{ use: 'tls' as const, key: keys.tls.spki }]
        : []),
    ];
  }

  /**
   * Shows these certificates and no others, beside what shows the keys themselves. What does not
   * change is left alone: sshd is reloaded where one of its own came or went.
   *
   * @throws Fault `unreachable` where they can't be installed for sshd.
   */
  async certify(certificates: readonly FleetCertificate[]): Promise<void> {
    this.#certifyTls(certificates.find(({ use }) => use === 'tls'));
    await this.#certifySsh(certificates.filter(({ use }) => use === 'ssh-host'));
  }

  #certifyTls(certificate: FleetCertificate | undefined): void {
    if (certificate === this.#shownOfTls) return;
    this.#tls?.useForNames(certificate && { names: certificate.names, chain: certificate.text });
    this.#shownOfTls = certificate;
  }

  async #certifySsh(certificates: readonly FleetCertificate[]): Promise<void> {
    const { config, keys, log } = this.#options;
    const texts = certificates.map(({ text }) => text).join('');
    if (config.ssh === null || this.#ssh === undefined || texts === this.#shownOfSsh) return;
    const lines = new Map(
      keys.ssh.flatMap((key) => {
        const own = certificates.find((one) => equalBytes(one.key, key.blob));
        return own ? [[key, own.text] as const] : [];
      }),
    );
    await installForSshd(config.ssh.folder, this.#ssh.folder, keys.ssh, lines);
    this.#shownOfSsh = texts;
    await reloaded(config.ssh, log);
  }

  /** Takes no more connections of TLS. @returns once none is open. */
  async stop(): Promise<void> {
    await this.#tls?.stop();
  }

  /** Cuts off what is open. */
  async close(): Promise<void> {
    await Promise.all([this.#ssh?.agent.close(), this.#tls?.close()]);
  }
}

async function openTls({ config, keys, log, metrics }: ServingOptions) {
  if (config.tls === null || keys.tls === undefined) return undefined;
  return TlsServer.open({ config: config.tls, key: keys.tls, log, metrics });
}

async function openSsh({ config, keys, log, metrics }: ServingOptions) {
  const { ssh } = config;
  if (ssh === null) return undefined;
  const folder = await openFolder(ssh.folder);
  const agent = await HostKeyAgent.open({ ...folder, keys: keys.ssh, log, metrics });
  await installForSshd(ssh.folder, folder, keys.ssh);
  log('info', 'sshd set up', { count: keys.ssh.length });
  // An sshd that is not there yet reads it when it starts.
  await reloaded(ssh, log);
  return { agent, folder };
}

async function reloaded({ reload: command }: SshConfig, log: Log): Promise<void> {
  if (command === null) return;
  await reload(command).catch((error: unknown) => {
    log('warn', 'sshd not reloaded', { code: codeOfError(error) });
  });
}

/** Where people reach what it serves, as it is told to a gateway; undefined where nobody is told. */
export function servicesOf({ ssh, tls }: Pick<AgentConfig, 'ssh' | 'tls'>): Services | undefined {
  const services = {
    ...(ssh?.address && { ssh: ssh.address }),
    ...(tls?.address && { tls: tls.address }),
  };
  return Object.keys(services).length > 0 ? services : undefined;
}
