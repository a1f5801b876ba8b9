import { Fault } from '../../core/fault.ts';

export interface SshVersion {
  readonly major: number;
  readonly minor: number;
  /** As ssh says it, e.g. `OpenSSH_9.2p1 Debian-2+deb12u3`. */
  readonly text: string;
}

/** The first release in which something is there. */
export type SshRelease = readonly [major: number, minor: number];

/** What Postern wants of OpenSSH, and since which release it is there. */
export const SSH_FEATURES = {
  knownHostsCommand: [8, 5],
  /** `ssh -G` says whether it is told to go on in the background. */
  saysFork: [8, 7],
  sessionBind: [8, 9],
  /** `ssh -G` says all that decides who is at the other end. */
  least: [7, 6],
} as const satisfies Record<string, SshRelease>;

/**
 * @param said what `ssh -V` says, on standard error.
 * @throws Fault `unsupported` for another program, or one that does not say which it is.
 */
export function parseSshVersion(said: string): SshVersion {
  const [line = ''] = said.split('\n');
  const [text = line] = line.split(',');
  const found = /^OpenSSH(?:_for_Windows)?_([0-9]{1,4})\.([0-9]{1,4})(?![0-9])/.exec(text);
  if (found === null) {
    throw new Fault('unsupported', 'ssh', `want OpenSSH, got ${JSON.stringify(text.slice(0, 80))}`);
  }
  return { major: Number(found[1]), minor: Number(found[2]), text };
}

export function isSince({ major, minor }: SshVersion, [wantMajor, wantMinor]: SshRelease): boolean {
  return major > wantMajor || (major === wantMajor && minor >= wantMinor);
}

export function releaseText([major, minor]: SshRelease): string {
  return `OpenSSH ${major}.${minor}`;
}
