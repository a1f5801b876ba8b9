/**
 * What ssh is told so that nothing but one known-hosts file says who is at the other end: no other
 * file, no command, no DNS, no certificate, no connection that was there before, no answer of the
 * user's.
 */
export interface HostIdentity {
  /** Path of the known-hosts file that is ours alone, in characters that ssh expands nothing of. */
  readonly knownHosts: string;
  /** The command that says them in its place; undefined for the file alone. */
  readonly knownHostsCommand?: string | undefined;
  /** Under which name its keys stand there. */
  readonly alias: string;
  readonly algorithms: string;
}

export type SshOption = readonly [name: string, value: string];

/** Options that not every OpenSSH knows. */
export interface SshKnows {
  readonly knownHostsCommand: boolean;
  /** A patch of Debian's and others', by which Kerberos vouches for hosts in the place of their keys. */
  readonly gssapiKeyExchange: boolean;
}

/** In the order in which they are given; of each the first that ssh sees is the one that holds. */
export function identityOptions(
  { knownHosts, knownHostsCommand, alias, algorithms }: HostIdentity,
  knows: SshKnows,
): readonly SshOption[] {
  return [
    ['StrictHostKeyChecking', 'yes'],
    ['UpdateHostKeys', 'no'],
    ['UserKnownHostsFile', knownHosts],
    ['GlobalKnownHostsFile', '/dev/null'],
    ...(knows.knownHostsCommand
      ? [['KnownHostsCommand', knownHostsCommand ?? 'none'] as const]
      : []),
    ['HostKeyAlias', alias],
    ['HostKeyAlgorithms', algorithms],
    ['CheckHostIP', 'no'],
    ['VerifyHostKeyDNS', 'no'],
    ['NoHostAuthenticationForLocalhost', 'no'],
    ['CanonicalizeHostname', 'no'],
    ['ControlMaster', 'no'],
    ['ControlPath', 'none'],
    ['ControlPersist', 'no'],
    ...(knows.gssapiKeyExchange ? [['GSSAPIKeyExchange', 'no'] as const] : []),
  ];
}

export interface Place {
  readonly host: string;
  readonly port: number;
}

const ADDRESS =
  /^(?:([A-Za-z0-9][A-Za-z0-9.-]{0,254})|\[([0-9A-Fa-f:.]{2,64})\]):([1-9][0-9]{0,4})$/;

/** @returns undefined for what is no `host:port`, or `[IPv6]:port`. */
export function parsePlace(text: string): Place | undefined {
  const [, name, ip, port = ''] = ADDRESS.exec(text) ?? [];
  const host = name ?? ip;
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}

export function placeOptions({ host, port }: Place): readonly SshOption[] {
  return [
    ['HostName', host],
    ['Port', String(port)],
  ];
}

/** `-o Name=value` each. */
export function asArguments(options: readonly SshOption[]): readonly string[] {
  return options.flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** As lines of ssh_config. */
export function asConfigLines(options: readonly SshOption[]): readonly string[] {
  return options.map(([name, value]) => `  ${name} ${value}`);
}
