import { ROLES } from '../../gateway/identity/credential.ts';
import type { CredentialRequest } from '../../gateway/identity/credentials.ts';
import { type Io, usage } from '../io.ts';
import { momentOption } from '../moment.ts';
import type { Args, Options } from '../verb.ts';

export const EXPIRES: Options = {
  expires: {
    value: '<time|duration>',
    help: 'when it ends by itself, e.g. 2027-01-31T00:00:00Z or 90d; never unless said',
  },
};

export const WHO: Options = {
  name: { value: '<text>', help: 'whose it is, for people; no two in force have one' },
  role: { value: `<${ROLES.join('|')}>`, help: 'what it may ask' },
  pool: { value: '<name>', help: 'of role node: the pool that it enrols machines into' },
  ...EXPIRES,
};

/** What `WHO` says. @throws Fault `usage` naming the option. */
export function credentialWish(io: Io, args: Args): CredentialRequest {
  const [name, word, pool] = [args.one('name'), args.one('role'), args.one('pool')];
  if (name === undefined) throw usage('--name is missing: whose key is it?');
  if (word === undefined) throw usage(`--role is missing: ${ROLES.join(', ')}`);
  const role = ROLES.find((known) => known === word);
  if (role === undefined) {
    throw usage(`--role: want ${ROLES.join(', ')}, got ${JSON.stringify(word)}`);
  }
  const expiresAt = momentOption(io, args, 'expires');
  return {
    name,
    role,
    ...(pool !== undefined && { pool }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}
