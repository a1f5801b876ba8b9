import { Fault } from '../../core/fault.ts';
import {
  asConfigLines,
  identityOptions,
  type Place,
  placeOptions,
  type SshKnows,
} from './hardening.ts';

/** A machine as ssh_config names it; none of it is verified. */
export interface ConfiguredHost {
  readonly node: string;
  /** What somebody types. */
  readonly names: readonly string[];
  readonly place: Place;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9][A-Za-z0-9_-]{0,62}){0,7}$/;

/** Whether a text is a name of a host, and no pattern, no option and no line of its own. */
export function isHostName(text: string): boolean {
  return NAME.test(text);
}

/**
 * One argument of a command in ssh_config, for ssh to read as it is: no shell reads it.
 *
 * @throws Fault `usage` for one that has a line end or another control character in it.
 */
export function commandWord(text: string): string {
  if (/\p{C}/u.test(text)) {
    throw new Fault('usage', 'ssh_config', `control characters in ${JSON.stringify(text)}`);
  }
  const percent = text.replaceAll('%', '%%');
  if (/^[A-Za-z0-9_./:=+,@%-]+$/.test(percent)) return percent;
  return `"${percent.replace(/["\\]/g, (found) => `\\${found}`)}"`;
}

const TOKENS = ['%I', '%H', '%t', '%K', '%f'];

export interface ConfigPlan {
  /** Program and arguments, up to the tokens that ssh puts in. */
  readonly command: readonly string[];
  readonly algorithms: string;
  readonly knows: SshKnows;
}

/** A block of ssh_config for one machine. @throws Fault `usage` for values that don't fit in a line. */
export function configBlock(
  host: ConfiguredHost,
  { command, algorithms, knows }: ConfigPlan,
): string {
  const { node, names, place } = host;
  if (names.length === 0 || !names.every(isHostName)) {
    throw new Fault('usage', 'ssh_config', `no name of a host among ${JSON.stringify(names)}`);
  }
  const words = [...command, '--node', node].map(commandWord);
  const options = [
    ...placeOptions(place),
    ...identityOptions(
      {
        knownHosts: '/dev/null',
        knownHostsCommand: [...words, ...TOKENS].join(' '),
        alias: node,
        algorithms,
      },
      knows,
    ),
  ];
  return [`Host ${names.join(' ')}`, ...asConfigLines(options), ''].join('\n');
}
