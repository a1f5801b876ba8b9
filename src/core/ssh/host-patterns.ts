/**
 * Whether a line of known_hosts is about a host (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): patterns
 * with commas between, of which none that begins with `!` may match. A hashed name matches nothing.
 *
 * @param patterns as they stand there; what is said of a port is not looked at.
 * @param host in lower case, without a port.
 */
export function isAmongHosts(patterns: string, host: string): boolean {
  const all = patterns.toLowerCase().split(',');
  const matches = (pattern: string) =>
    fits(host, /^\[(.*)\]:[0-9]+$/.exec(pattern)?.[1] ?? pattern);
  if (all.some((one) => one.startsWith('!') && matches(one.slice(1)))) return false;
  return all.some((one) => !one.startsWith('!') && matches(one));
}

/** `*` stands for any characters, `?` for one of them; nothing else for anything but itself. */
function fits(text: string, pattern: string): boolean {
  let [at, next] = [0, 0];
  // Behind the last star, and where in the text that is tried: each star is gone back to alone, so
  // that no pattern takes longer than one look at the text for each of its characters.
  let [behindStar, tried] = [-1, 0];
  while (at < text.length) {
    if (pattern[next] === '*') {
      behindStar = ++next;
      tried = at;
    } else if (pattern[next] === '?' || pattern[next] === text[at]) {
      next++;
      at++;
    } else if (behindStar >= 0) {
      next = behindStar;
      at = ++tried;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(next));
}
