import { join } from 'node:path';
import type { EffectiveConfig } from '../../client/ssh/effective.ts';
import { type Io, usage } from '../io.ts';

/**
 * Where the agent is that ssh would ask by itself (`IdentityAgent`, else SSH_AUTH_SOCK).
 *
 * @returns undefined where it would ask none.
 * @throws Fault `usage` for a path that only ssh can tell.
 */
export function userAgent(io: Pick<Io, 'env'>, config: EffectiveConfig): string | undefined {
  const said = config.get('identityagent')?.[0] ?? 'SSH_AUTH_SOCK';
  if (said === 'none') return undefined;
  if (said === 'SSH_AUTH_SOCK') return io.env('SSH_AUTH_SOCK');
  const variable = /^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(said)?.[1];
  if (variable !== undefined) return io.env(variable);
  const home = io.env('HOME');
  const path = said.startsWith('~/') && home !== undefined ? join(home, said.slice(2)) : said;
  if (path.startsWith('/') && !/[%$]/.test(path)) return path;
  throw usage(
    `IdentityAgent ${said}: only ssh knows what that comes to; name the path itself, or give --no-prove-session`,
  );
}
