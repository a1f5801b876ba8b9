import type { NewUsage } from '../../src/gateway/broker/store.ts';
import { hexOf, sha256Of } from './fleet.ts';

/** The nth statement of an account under one keyset, fit to those beside it; not signed. */
export function usageOf(nth: number, more: Partial<NewUsage> = {}): NewUsage {
  const { account = 'an-account', keyset = hexOf(1, 48) } = more;
  const statement = statementOf(account, keyset, nth);
  return {
    node: hexOf(1, 16),
    account,
    keyset,
    session: sha256Of(`session of ${statement}`),
    nth,
    ...(nth > 1 && { prev: sha256Of(statementOf(account, keyset, nth - 1)) }),
    tokens: 10 * nth,
    statement,
    at: 1_000 * nth,
    ...more,
  };
}

function statementOf(account: string, keyset: string, nth: number): string {
  return `e30.${Buffer.from(`${account} ${keyset} ${nth}`).toString('base64url')}.c2ln`;
}
