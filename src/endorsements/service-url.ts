import { Fault } from '../core/fault.ts';
import { isPrivateHost } from './private-host.ts';

/**
 * The base URL of a vendor's service or of a cache of it.
 *
 * It is the operator's. One that the machine under verification suggests must never come here:
 * it could name a mirror that serves older endorsements, or any host inside our network.
 *
 * @throws Fault `usage`: not http(s), plain http to a public host, credentials, query, fragment.
 */
export function serviceUrl(text: string): URL {
  const url = URL.parse(text);
  const wrong = (problem: string) => new Fault('usage', 'source', `${problem}: ${shown(text)}`);
  if (url === null) throw wrong('want a URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw wrong('want an https URL');
  if (url.username !== '' || url.password !== '') throw wrong('no credentials may be in the URL');
  if (url.search !== '' || url.hash !== '') throw wrong('want a URL without query and fragment');
  if (url.protocol === 'http:' && !isPrivateHost(url.hostname)) {
    throw wrong('plain http is for loopback and private networks only');
  }
  return url;
}

/** A password must not reach a log by way of an error message. */
function shown(text: string): string {
  return JSON.stringify(text.replace(/\/\/[^/]*@/, '//…@').slice(0, 200));
}
