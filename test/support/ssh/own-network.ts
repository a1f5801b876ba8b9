import { spawnSync } from 'node:child_process';

/**
 * What runs a command in a network of its own. It needs no root: in a user namespace of its own,
 * everybody has the rights of one over networks that are made in it. Root has them anyway, and an
 * sshd that root runs becomes users that such a namespace has not.
 */
export const OWN_NETWORK = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps']),
  '--net',
];

/** All that is done in it later. */
const TRIED =
  'ip link set lo up && ip link add near type veth peer name far && unshare --net nsenter --net=/proc/$$/ns/net ip link';

/** Why this machine has no networks of one's own; undefined where it has. */
export function whyNoOwnNetwork(): string | undefined {
  const [program = '', ...argv] = OWN_NETWORK;
  const tried = spawnSync(program, [...argv, 'sh', '-c', TRIED], { encoding: 'utf8' });
  if (tried.status === 0) return undefined;
  return tried.error?.message ?? tried.stderr.trim();
}
