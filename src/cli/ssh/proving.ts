import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { EffectiveConfig } from '../../client/ssh/effective.ts';
import type { SshOption } from '../../client/ssh/hardening.ts';
import { type Io, usage, warn } from '../io.ts';
import type { PrivateFolder, SshSystem } from './system.ts';

/** What lies in the folder of a connection that is to be proven. */
const FILES = { agent: 'agent', guard: 'authenticated', proven: 'proven', unproven: 'unproven' };

/**
 * ssh runs it once it is authenticated and waits for its end, before it asks for anything in the
 * session or reads what is typed. What the script says ssh does not heed: so it ends ssh by force.
 */
function guardScript(folder: string): string {
  return [
    `test -e ${join(folder, FILES.proven)} && exit 0`,
    `(: > ${join(folder, FILES.unproven)})`,
    'kill -KILL $PPID',
    '',
  ].join('\n');
}

/** One connection whose session is proven before ssh may use it. */
export interface Proving {
  /** Where ssh finds its agent. */
  readonly socket: string;
  readonly options: readonly SshOption[];
  /** From here on ssh may begin the session. */
  readonly prove: () => Promise<void>;
  /** Whether ssh was authenticated, and ended, before anything was proven. */
  readonly isLetInUnproven: () => Promise<boolean>;
}

/**
 * Which agent ssh asks, and when, is its own affair: who lets it in without a key may never have it
 * ask one. So it may authenticate by key alone, and a command of its own ends it where it was let in
 * with nothing proven.
 *
 * @param plain ssh's configuration without any of this.
 * @throws Fault `usage` where keys are not to be used, or the user's shell can't run that command.
 */
export async function prepareProving(
  io: Io,
  folder: PrivateFolder,
  plain: EffectiveConfig,
  system: Pick<SshSystem, 'capture'>,
): Promise<Proving> {
  if (plain.get('pubkeyauthentication')?.some((said) => said === 'no' || said === 'false')) {
    throw usage(
      'PubkeyAuthentication: want yes, since a session is proven to who authenticates by key; --no-prove-session does without',
    );
  }
  await wantShell(io, system);
  if (plain.has('localcommand') && plain.get('permitlocalcommand')?.[0] === 'yes') {
    warn(io, 'LocalCommand of ssh’s configuration is not run; --no-prove-session does');
  }
  const at = (name: string) => join(folder.path, name);
  await folder.write(FILES.guard, guardScript(folder.path));
  return {
    socket: at(FILES.agent),
    options: [
      ['IdentityAgent', at(FILES.agent)],
      ['PreferredAuthentications', 'publickey'],
      ['PubkeyAuthentication', 'yes'],
      ['PasswordAuthentication', 'no'],
      ['KbdInteractiveAuthentication', 'no'],
      ['HostbasedAuthentication', 'no'],
      // Said only by an ssh that was built with it.
      ...(plain.has('gssapiauthentication') ? [['GSSAPIAuthentication', 'no'] as const] : []),
      ['PermitLocalCommand', 'yes'],
      ['LocalCommand', `exec /bin/sh ${at(FILES.guard)}`],
    ],
    prove: () => folder.write(FILES.proven, ''),
    isLetInUnproven: () =>
      access(at(FILES.unproven)).then(
        () => true,
        () => false,
      ),
  };
}

/** ssh has the user's shell run its commands: in its place has to stand what it was told to run. */
async function wantShell(io: Io, { capture }: Pick<SshSystem, 'capture'>): Promise<void> {
  const shell = io.env('SHELL') || '/bin/sh';
  const { out } = await capture(shell, ['-c', "exec /bin/sh -c 'echo $PPID'"]);
  if (out.trim() === String(process.pid)) return;
  throw usage(
    `SHELL=${shell} does not run what ssh is to run once it is authenticated: set another, or give --no-prove-session`,
  );
}
