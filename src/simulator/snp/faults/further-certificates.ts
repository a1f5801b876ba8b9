import type { SnpCertificate } from '../hierarchy.ts';
import type { SnpPlan } from '../plan.ts';

/** A further certificate, like one that is there already. */
export function add(
  { certificates }: SnpPlan,
  name: string,
  like: 'ark' | 'ask' | 'asvk' | 'vcek',
  change: Partial<SnpCertificate>,
): void {
  certificates[name] = { ...certificates[like], ...change };
}

/** A root of the same names and serial under a key of somebody else’s. */
export function addEvilRoot(plan: SnpPlan): void {
  add(plan, 'evilArk', 'ark', { key: 'evil ark', issuer: 'evilArk' });
}

/** The intermediate under a key of somebody else’s as well: all of AMD’s names, and none of its keys. */
export function forgeHierarchy(plan: SnpPlan): void {
  addEvilRoot(plan);
  Object.assign(plan.certificates.ask, { key: 'evil ask', issuer: 'evilArk' });
}
