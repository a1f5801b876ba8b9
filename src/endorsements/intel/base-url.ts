import { serviceUrl } from '../service-url.ts';

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
 * @throws Fault `usage`, see {@link serviceUrl}.
 */
export function pcsBase(text: string): PcsBase {
  const url = serviceUrl(text);
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
