import { hostText } from '../../core/host-text.ts';
import type { SshOption } from './hardening.ts';
import { isSince, SSH_FEATURES, type SshVersion } from './version.ts';

/** What `ssh -G` says it would do: names in lower case, and all values of each. */
export type EffectiveConfig = ReadonlyMap<string, readonly string[]>;

export function parseEffective(text: string): EffectiveConfig {
  const config = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^(\S+)(?: (.*))?$/.exec(line) ?? [];
    if (name === undefined) continue;
    const key = name.toLowerCase();
    config.set(key, [...(config.get(key) ?? []), value]);
  }
  return config;
}

/** Options whose value ssh writes out otherwise than it was given. */
const SAID_AS: Readonly<Record<string, readonly string[]>> = {
  yes: ['yes', 'true'],
  no: ['no', 'false'],
};
/** Not said at all where they are off. */
const SILENT_OFF: ReadonlySet<string> = new Set(['knownhostscommand', 'controlpath']);

/**
 * Where the effective configuration differs from what was asked for, a line each.
 *
 * @param wanted each of it has to stand there, once and as it was given.
 */
export function differences(
  config: EffectiveConfig,
  wanted: readonly SshOption[],
): readonly string[] {
  return wanted.flatMap(([name, want]) => {
    const key = name.toLowerCase();
    const got = config.get(key);
    if (got === undefined) {
      return want === 'none' && SILENT_OFF.has(key) ? [] : [`${name}: want ${want}, got nothing`];
    }
    const [only = '', ...more] = got;
    const isSame = key === 'hostname' ? hostText(only) === hostText(want) : fits(only, want);
    return isSame && more.length === 0 ? [] : [`${name}: want ${want}, got ${got.join(' and ')}`];
  });
}

function fits(got: string, want: string): boolean {
  const said = Object.hasOwn(SAID_AS, want) ? SAID_AS[want] : undefined;
  return said === undefined ? got === want : said.includes(got);
}

/** Switches that would take ssh out of sight, or have another than the host key vouch; each with why. */
export function unfit(config: EffectiveConfig): readonly string[] {
  const is = (name: string, value: 'yes' | 'no') =>
    config.get(name)?.some((got) => SAID_AS[value]?.includes(got)) ?? false;
  return [
    ...(is('forkafterauthentication', 'yes')
      ? ['ForkAfterAuthentication (-f): ssh would go on where nobody watches it']
      : []),
    ...(is('gssapikeyexchange', 'yes')
      ? ['GSSAPIKeyExchange: Kerberos would vouch for the host, and not its key']
      : []),
  ];
}

/** Letters of switches without a value, the one that sends ssh into the background among them. */
const BACKGROUND = /^-[46AaCGgKkMNnqsTtVvXxYy]*f/;

/** What an older `ssh -G` does not say: a switch among its words, or what looks like one. */
export function unseen(version: SshVersion, words: readonly string[]): readonly string[] {
  if (isSince(version, SSH_FEATURES.saysFork)) return [];
  const found = words.find((word) => BACKGROUND.test(word));
  return found === undefined
    ? []
    : [`${found}: would have ssh go on where nobody watches it, or looks so to ${version.text}`];
}
