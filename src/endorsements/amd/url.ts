import { fromHex } from '../../core/bytes/hex.ts';
import { PRODUCT_LINES } from '../../evidence/snp/product.ts';
import { type TcbComponent, tcbVersion } from '../../evidence/snp/tcb-version.ts';
import { serviceUrl } from '../service-url.ts';
import type { AmdKey } from './key.ts';

/** AMD's Key Distribution Service. */
export const AMD_KDS = 'https://kdsintf.amd.com';

/**
 * AMD's service or a proxy with the same paths, with or without the API's own path and slashes.
 *
 * @returns without a trailing slash.
 * @throws Fault `usage`, see {@link serviceUrl}.
 */
export function kdsBase(text: string): string {
  const url = serviceUrl(text);
  const path = url.pathname
    .replace(/\/+$/, '')
    .replace(/\/(?:vcek|vlek)(?:\/v1)?$/, '')
    .replace(/\/+$/, '');
  return `${url.origin}${path}`;
}

const PARAMETERS: readonly (readonly [TcbComponent, string])[] = [
  ['fmc', 'fmcSPL'],
  ['bootLoader', 'blSPL'],
  ['tee', 'teeSPL'],
  ['snp', 'snpSPL'],
  ['microcode', 'ucodeSPL'],
];

/**
 * KDS interface specification (document 57230); `{product}` is Milan, Genoa or Turin
 *
 * ```
 * GET /vcek/v1/{product}/{hwid}?[fmcSPL=…&]blSPL=…&teeSPL=…&snpSPL=…&ucodeSPL=…   DER
 * GET /{vcek|vlek}/v1/{product}/cert_chain                                        PEM, ASK or ASVK, ARK
 * GET /{vcek|vlek}/v1/{product}/crl                                               DER
 * ```
 */
export function kdsUrl(base: string, key: AmdKey): string {
  const { name, layout } = PRODUCT_LINES[key.line];
  if (key.kind !== 'vcek') {
    return `${base}/${key.signs}/v1/${name}/${key.kind === 'chain' ? 'cert_chain' : 'crl'}`;
  }
  const version = tcbVersion(fromHex(key.tcb, 'tcb', 8), layout);
  const parameters = PARAMETERS.flatMap(([component, parameter]) =>
    version[component] === undefined ? [] : [`${parameter}=${version[component]}`],
  );
  return `${base}/vcek/v1/${name}/${key.hwid}?${parameters.join('&')}`;
}
