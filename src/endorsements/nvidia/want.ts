import type { Certificate } from '../../core/x509/certificate.ts';
import type { OcspSubject } from '../../evidence/nvidia/ocsp.ts';
import { nvidiaFileName, type OcspKey, ocspKey, type RimKey } from './key.ts';

/** A manifest, and what is known of what it must say beyond its id. */
export interface RimWant extends RimKey {
  /** The chip, where a device named it. */
  readonly product?: string;
}

/** What is to be said of a certificate whose chain has been verified. */
export interface OcspWant extends OcspKey {
  readonly subject: OcspSubject;
  /** The certificate, and its issuers up to the root. */
  readonly chain: readonly Certificate[];
}

export type NvidiaWant = RimWant | OcspWant;

/** One name for each, for maps: the same manifest for another chip is another question. */
export function wantName(want: NvidiaWant): string {
  const product = want.kind === 'rim' && want.product !== undefined ? ` of ${want.product}` : '';
  return `${nvidiaFileName(want)}${product}`;
}

/** About each certificate of a chain, leaf first, but the root, which is an anchor. */
export function ocspWants(
  chain: readonly Certificate[],
  owner: OcspSubject['owner'],
): readonly OcspWant[] {
  return chain.slice(0, -1).flatMap((certificate, i) => {
    const issuer = chain[i + 1];
    if (issuer === undefined) return [];
    const subject: OcspSubject = { certificate, issuer, owner };
    return [{ ...ocspKey(certificate, issuer), subject, chain: chain.slice(i) }];
  });
}

/** Each once: the devices of a machine share manifests and CAs. */
export function distinctWants<Want extends NvidiaWant>(wants: readonly Want[]): readonly Want[] {
  return [...new Map(wants.map((want) => [wantName(want), want])).values()];
}
