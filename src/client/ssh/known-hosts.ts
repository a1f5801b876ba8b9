import { Fault } from '../../core/fault.ts';
import { SSH_ED25519, SSH_P256, type SshPublicKey, sshKeyLine } from '../../core/ssh/public-key.ts';

/** What names of hosts are made of: nothing that a known-hosts file takes for a pattern, a mark or a list. */
const HOST =
  /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}|\[?[A-Za-z0-9_.:%-]{1,255}\]?(?::[0-9]{1,5})?)$/;

/**
 * One line a key, for one host and no other.
 *
 * @param host as ssh looks it up: a name, an address, `[host]:port`, or a HostKeyAlias.
 * @throws Fault `usage` for a host that a known-hosts file would read as more than one.
 */
export function knownHostsLines(host: string, keys: readonly SshPublicKey[]): string {
  if (!HOST.test(host)) {
    throw new Fault('usage', 'host', `want a host as ssh writes it, got ${JSON.stringify(host)}`);
  }
  return keys.map((key) => `${host} ${sshKeyLine(key)}\n`).join('');
}

/** In the order in which they are wanted. Certificates are not among them: they trust who signs. */
const ALGORITHMS: readonly string[] = [SSH_ED25519, SSH_P256];

/** The value of `HostKeyAlgorithms` under which no other kind of key is talked about. */
export function hostKeyAlgorithms(keys: readonly SshPublicKey[]): string {
  return ALGORITHMS.filter((name) => keys.some(({ algorithm }) => algorithm === name)).join(',');
}

/** `SHA256:…`, as OpenSSH shows it. */
export function shownFingerprint({ fingerprint }: Pick<SshPublicKey, 'fingerprint'>): string {
  const base64 = btoa(String.fromCharCode(...fingerprint));
  return `SHA256:${base64.replace(/=+$/, '')}`;
}
