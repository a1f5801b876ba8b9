import { type EffectiveConfig, parseEffective } from '../../client/ssh/effective.ts';
import {
  isSince,
  parseSshVersion,
  releaseText,
  SSH_FEATURES,
  type SshVersion,
} from '../../client/ssh/version.ts';
import { Fault } from '../../core/fault.ts';
import { usage } from '../io.ts';
import type { Args, Options } from '../verb.ts';
import type { SshSystem } from './system.ts';

export const SSH_OPTION: Options = {
  ssh: { value: '<program>', help: 'which OpenSSH client; ssh of your PATH by default' },
};

/** The OpenSSH client of this machine. */
export interface TheSsh {
  readonly program: string;
  readonly version: SshVersion;
}

/** @throws Fault `unreachable` where there is none, `unsupported` for one that is too old. */
export async function findSsh(args: Args, system: Pick<SshSystem, 'capture'>): Promise<TheSsh> {
  const program = args.one('ssh') ?? 'ssh';
  const { err, out } = await system.capture(program, ['-V']);
  const version = parseSshVersion(err || out);
  if (!isSince(version, SSH_FEATURES.least)) {
    throw new Fault(
      'unsupported',
      program,
      `is ${version.text}; want ${releaseText(SSH_FEATURES.least)} or newer`,
    );
  }
  return { program, version };
}

/**
 * What ssh would do, given these arguments.
 *
 * @throws Fault `usage` in ssh's own words, where it would do nothing.
 */
export async function effectiveConfig(
  { program }: Pick<TheSsh, 'program'>,
  argv: readonly string[],
  system: Pick<SshSystem, 'capture'>,
): Promise<EffectiveConfig> {
  const { code, out, err } = await system.capture(program, ['-G', ...argv]);
  if (code !== 0) throw usage(`ssh: ${err.trim().slice(0, 1000) || `ends with ${code}`}`);
  return parseEffective(out);
}
