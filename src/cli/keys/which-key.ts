import { Fault } from '../../core/fault.ts';
import { isInForce } from '../../gateway/identity/credential.ts';
import type { IdentityStore } from '../../gateway/identity/store.ts';
import { usage } from '../io.ts';

/** Keys of the gateway itself that are called by what they are for. */
const OWN = ['token', 'challenge', 'log', 'archive', 'hardware', 'authority'] as const;
export type OwnKey = (typeof OWN)[number];

export const WHICH_OPERANDS = '<dir> <id|name|token|challenge>';

export function ownKeyCalled(called: string): OwnKey | undefined {
  return OWN.find((known) => known === called);
}

/**
 * The id of a credential that somebody calls by its id or its name.
 *
 * @throws Fault `missing` where none in force is called so.
 */
export async function credentialId(
  store: Pick<IdentityStore, 'credentials'>,
  called: string,
  now: number,
): Promise<string> {
  const all = await store.credentials();
  const found =
    all.find(({ id }) => id === called) ??
    all.find((one) => one.name === called && isInForce(one, now));
  if (found) return found.id;
  throw new Fault('missing', 'keys', `none in force is called ${JSON.stringify(called)}`);
}

const NOT_BY_US = {
  log: [
    'who verifies the log has the public half of this key, and would take a log under another one for another log.',
    'A new key is a new log: make another gateway with postern gateway init, let the old one’s log stand as it is (its published files verify without any server), and hand out the new key.',
    'If the old key was stolen: stop the gateway, publish the last checkpoint that you vouch for with its cosignatures, and tell those who verify that nothing beyond it is yours.',
  ],
  archive: [
    'all that is archived is sealed under it, and the database knows it by its own mark: another key would open nothing.',
    'What should not be read any more can go: postern audit forget deletes what old decisions saw.',
    'If it was stolen together with a copy of the database, what is in that copy can be read whatever is done here; in a new gateway nothing is sealed under it.',
  ],
  authority: [
    'everybody who trusts it has its public half, and has to learn another one from you first.',
    'Make the new one beside it with postern ca init, hand out what that prints beside the old lines, name it in certificates when all have it, and let them take the old one out when its last certificate has ended.',
    'If it was stolen, whoever has it can make any machine out of anything below its domain: tell all who trust it to take it out now. What was certified by others than this gateway is not in its ledger: postern cert verify refuses it.',
  ],
  hardware: [
    'the database knows each machine’s hardware by a name that is made with it: under another key none would be known again, and one machine could be here twice.',
    'If it was stolen together with a copy of the database, who has both can look up whether a chip that they know is among these machines; in a new gateway the names are others.',
  ],
} as const;

/** The keys of these names stay. */
export type Lasting = keyof typeof NOT_BY_US;

export function isLasting(key: OwnKey | undefined): key is Lasting {
  return key !== undefined && Object.hasOwn(NOT_BY_US, key);
}

/** Says why a key stays as it is, and what can be done instead. */
export function refuseToReplace(key: Lasting): Fault {
  return usage(`the ${key} key can’t be replaced: ${NOT_BY_US[key].join(' ')}`);
}
