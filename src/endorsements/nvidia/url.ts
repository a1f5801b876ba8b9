import { serviceUrl } from '../service-url.ts';
import type { RimKey } from './key.ts';

/** NVIDIA's service for manifests. */
export const NVIDIA_RIM_SERVICE = 'https://rim.attestation.nvidia.com';

/** NVIDIA's OCSP responder; its certificates name the same host with plain http. */
export const NVIDIA_OCSP_SERVICE = 'https://ocsp.ndis.nvidia.com';

/**
 * NVIDIA's service or a mirror with the same paths, with or without the API's own path and
 * slashes.
 *
 * @returns without a trailing slash.
 * @throws Fault `usage`, see {@link serviceUrl}.
 */
export function rimServiceBase(text: string): string {
  const url = serviceUrl(text);
  const path = url.pathname
    .replace(/\/+$/, '')
    .replace(/\/v1(?:\/rim)?$/, '')
    .replace(/\/+$/, '');
  return `${url.origin}${path}`;
}

/**
 * The address that requests are posted to. What comes from there is signed, and NVIDIA's own
 * certificates say http: from that host alone it is taken in the clear.
 *
 * @throws Fault `usage`, see {@link serviceUrl}.
 */
export function ocspServiceUrl(text: string): string {
  if (/^http:\/\/ocsp\.ndis\.nvidia\.com\/?$/i.test(text)) return 'http://ocsp.ndis.nvidia.com/';
  return serviceUrl(text).href;
}

/** RIM service API v1: `GET /v1/rim/{id}`. */
export function rimUrl(base: string, { id }: RimKey): string {
  return `${base}/v1/rim/${id}`;
}
