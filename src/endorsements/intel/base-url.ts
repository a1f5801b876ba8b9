import { Fault } from '../../core/fault.ts';
import { isPrivateHost } from '../private-host.ts';

/** Intel's Provisioning Certification Service. */
export const INTEL_PCS = 'https://api.trustedservices.intel.com';

/** The CRL distribution point of Intel's root; the service itself does not serve this list. */
const INTEL_ROOT_CA_CRL = 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der';

/** Where collateral comes from: Intel, or a caching service (PCCS) with the same paths. */
export interface PcsBase {
  /** Without a trailing slash. */
  readonly url: string;
  readonly rootCaCrl: string;
}

/**
 * Accepts what people paste: with or without the API's own path and slashes.
 *
 * The URL is the operator's. One that the machine under verification suggests must never come
 * here: it could name a mirror that serves older collateral, or any host inside our network.
 *
 * @throws Fault `usage`: not http(s), plain http to a public host, credentials, query, fragment.
 */
export function pcsBase(text: string): PcsBase {
  const url = URL.parse(text);
  const wrong = (problem: string) => new Fault('usage', 'source', `${problem}: ${shown(text)}`);
  if (url === null) throw wrong('want a URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw wrong('want an https URL');
  if (url.username !== '' || url.password !== '') throw wrong('no credentials may be in the URL');
  if (url.search !== '' || url.hash !== '') throw wrong('want a URL without query and fragment');
  if (url.protocol === 'http:' && !isPrivateHost(url.hostname)) {
    throw wrong('plain http is for loopback and private networks only');
  }
  const path = url.pathname
    .replace(/\/+$/, '')
    .replace(/\/(?:sgx|tdx)\/certification\/v4$/, '')
    .replace(/\/+$/, '');
  const base = `${url.origin}${path}`;
  return {
    url: base,
    rootCaCrl: base === INTEL_PCS ? INTEL_ROOT_CA_CRL : `${base}/sgx/certification/v4/rootcacrl`,
  };
}

/** A password must not reach a log by way of an error message. */
function shown(text: string): string {
  return JSON.stringify(text.replace(/\/\/[^/]*@/, '//…@').slice(0, 200));
}
