import { Fault } from '../../core/fault.ts';
import { type Credential, isInForce, type KeyQuotas, type Role } from './credential.ts';
import type { IdentityStore } from './store.ts';

/** The most that can be said of each; the least is 1. */
export const MOST_OF_QUOTA = {
  requests: 1_000_000,
  streams: 100_000,
  tokens: 2 ** 50,
  evidence: 1_000_000,
} as const satisfies Record<keyof KeyQuotas, number>;

export type QuotaName = keyof typeof MOST_OF_QUOTA;
export const QUOTA_NAMES = Object.keys(MOST_OF_QUOTA) as readonly QuotaName[];

/** `default`: as the gateway's configuration says; what is left out stays as it is. */
export type QuotaChange = { readonly [Name in QuotaName]?: KeyQuotas[Name] | 'default' };

/** @throws Fault `usage` at `credential.quotas` or the member of it that is wrong. */
export function wantQuotas(quotas: KeyQuotas, role: Role): void {
  if (role !== 'client') throw usage('quotas', 'are for keys of role client only');
  for (const name of QUOTA_NAMES) {
    const value = quotas[name];
    if (value === undefined || (name === 'tokens' && value === 'unlimited')) continue;
    if (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= MOST_OF_QUOTA[name]) {
      continue;
    }
    throw usage(`quotas.${name}`, `want a whole number from 1 to ${MOST_OF_QUOTA[name]}`);
  }
}

/**
 * Says how much a key may, from the gateway's next request on.
 *
 * @throws Fault `missing` or `conflict` at `credentials[<id>]`, `usage` at `credential.<member>`.
 */
export async function changeQuotas(
  id: string,
  change: QuotaChange,
  { store, now }: { readonly store: IdentityStore; readonly now: () => number },
): Promise<Credential> {
  const old = await store.credential(id);
  const at = `credentials[${id}]`;
  if (old === undefined) throw new Fault('missing', at, 'is not there');
  if (!isInForce(old, now())) throw new Fault('conflict', at, 'is revoked or has expired');
  const quotas = withoutDefaults({ ...old.quotas, ...change });
  wantQuotas(quotas, old.role);
  const { quotas: _, ...rest } = old;
  const credential: Credential = {
    ...rest,
    ...(Object.keys(quotas).length > 0 && { quotas }),
    version: old.version + 1,
  };
  await store.replaceCredential(credential);
  return credential;
}

function withoutDefaults(change: QuotaChange): KeyQuotas {
  return Object.fromEntries(
    Object.entries(change).filter(([, value]) => value !== 'default' && value !== undefined),
  );
}

function usage(member: string, detail: string): Fault {
  return new Fault('usage', `credential.${member}`, detail);
}
