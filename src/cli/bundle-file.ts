import { BUNDLE_LIMITS } from '../appraisal/bundle/format.ts';
import { HTTP_LIMITS, httpGet } from '../endorsements/http.ts';
import { isPrivateHost } from '../endorsements/private-host.ts';
import { type Io, usage } from './io.ts';

/** The machine may first have to ask each of its devices. */
const DEADLINE_MS = 60_000;

/**
 * The bytes of a bundle: of a file, or as somebody serves them.
 *
 * @param source a path, or an https URL; http too on this machine and in its own network.
 * @throws Fault `unreachable`, or `usage` for another URL.
 */
export async function readBundle(io: Io, source: string): Promise<Uint8Array> {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return io.readFile(source);
  const limits = { ...HTTP_LIMITS, deadlineMs: DEADLINE_MS, maxBytes: BUNDLE_LIMITS.bundle };
  return (await httpGet(io.fetch, { url: bundleUrl(source), limits })).body;
}

/** A password must not reach a log: what is wrong is said without the URL. */
function bundleUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) throw wrong('this is no URL that can be read');
  const { protocol, username, password, hostname } = url;
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw wrong(`want a file or an https URL, got ${protocol}`);
  }
  if (username !== '' || password !== '') throw wrong('no credentials may be in the URL');
  if (protocol === 'http:' && !isPrivateHost(hostname)) {
    throw wrong('plain http is for loopback and private networks only');
  }
  return url.href;
}

function wrong(problem: string) {
  return usage(`verify bundle: ${problem}`);
}
