/**
 * Whether a line of known_hosts is about a host (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): patterns
 * with commas between, of which none that begins with `!` may match. A hashed name matches nothing.
 *
 * @param patterns as they stand there; what is said of a port is not looked at.
 * @param host in lower case, without a port.
 */
export function isAmongHosts(patterns: string, host: string): boolean {
  const all = patterns.toLowerCase().split(',');
  const matches = (pattern: string) => hostPattern(pattern).test(host);
  if (all.some((one) => one.startsWith('!') && matches(one.slice(1)))) return false;
  return all.some((one) => !one.startsWith('!') && matches(one));
}

/** `*` stands for any characters, `?` for one of them; nothing else for anything but itself. */
function hostPattern(pattern: string): RegExp {
  const [, bracketed] = /^\[(.*)\]:[0-9]+$/.exec(pattern) ?? [];
  const escaped = (bracketed ?? pattern).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  // Stars in a row are one: a line of them must not take for ever.
  return new RegExp(`^${escaped.replace(/(?:\\\*)+/g, '.*').replaceAll('\\?', '.')}$`, 's');
}
