import type { Crl } from '../../core/x509/crl.ts';
import { chainBytes, type Relied } from '../relied-on.ts';
import { UNBOUNDED } from '../until.ts';
import { certificatesOf, type VekChain } from './vek-chain.ts';

/** When the first of what AMD says ends, in milliseconds. Lists that can only revoke are not relied upon. */
export function endOfChain({ until }: VekChain, crl: Crl | undefined): number {
  return Math.min(until, crl?.validity.to ?? UNBOUNDED);
}

/** What was relied upon, out of date or not. */
export function reliedOn(chain: VekChain, crl: Crl | undefined): readonly Relied[] {
  const { vek, until } = chain;
  if (until === UNBOUNDED) return [];
  const above = certificatesOf({ ...chain, vek: undefined });
  return [
    ...(vek ? [{ kind: 'vek' as const, bytes: vek.certificate.der }] : []),
    { kind: 'amd-chain', bytes: chainBytes(above) },
    ...(crl ? [{ kind: 'amd-crl' as const, bytes: crl.der }] : []),
  ];
}
