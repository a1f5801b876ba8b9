import { durationMs } from '../../appraisal/policy/duration.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { ChallengeKey } from '../../gateway/fleet/store.ts';
import { revokeCredential, rotateApiKey } from '../../gateway/identity/credentials.ts';
import { isThere } from '../audit/secret-files.ts';
import { SET_OPTION } from '../gateway/read-config.ts';
import {
  forgetRetired,
  prepareTokenKey,
  readTokenKeys,
  rotateTokenKey,
  tokenFiles,
} from '../gateway/token-keys.ts';
import { type Io, usage } from '../io.ts';
import { momentOption } from '../moment.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { type GatewayKeys, withGatewayKeys } from './gateway-of.ts';
import { credentialJson, issueKey, KEY_FILE } from './issued-key.ts';
import { EXPIRES } from './key-wishes.ts';
import {
  credentialId,
  isLasting,
  ownKeyCalled,
  refuseToReplace,
  WHICH_OPERANDS,
} from './which-key.ts';

export const keysRotateVerb: Verb = {
  name: 'keys rotate',
  summary: 'Put another key in the place of one, while what the old one made stays good.',
  operands: WHICH_OPERANDS,
  arity: { min: 2, max: 2 },
  options: {
    overlap: {
      value: '<duration>',
      help: 'of an API key: how long the old text stays good; it ends at once unless said',
    },
    ...EXPIRES,
    prepare: {
      help: 'of the token key: publish the next one now, and let it sign with the next rotation',
    },
    ...KEY_FILE,
    ...SET_OPTION,
  },
  notes: [
    'token: another key signs from the next token on. The public half of the old one stays in the key set until the last token that it signed has ended; its private half is gone. Who keeps a copy of the key set needs the new one before: --prepare.',
    'challenge: another key makes challenges; those that are open stay good. A gateway does so by itself, each times.challengeKey.',
    'The keys of the log, of the archive and of hardware’s names stay: postern keys rotate <dir> log (archive, hardware) says why, and what to do if it was stolen.',
  ],
  run: async (io, args) => {
    const called = args.operand(1);
    wantFitting(args, called);
    const own = ownKeyCalled(called);
    if (isLasting(own)) throw refuseToReplace(own);
    if (own === undefined) return rotateCredential(io, args, called);
    const id = await withGatewayKeys(io, args, (keys) =>
      own === 'token' ? rotateToken(io, args, keys) : rotateChallenge(keys, 'kept'),
    );
    tellId(io, args, id);
    return 0;
  },
};

export const keysRevokeVerb: Verb = {
  name: 'keys revoke',
  summary: 'End a key now: nothing that it made is good any more.',
  operands: WHICH_OPERANDS,
  arity: { min: 2, max: 2 },
  options: SET_OPTION,
  notes: [
    'token: another key signs, and the old one is gone from the key set at once, with those before it: relying parties that fetch the set refuse its tokens. Who keeps a copy has to be told. challenge: open challenges are void.',
    'An API key or public key is refused from the gateway’s next request on.',
  ],
  run: async (io, args) => {
    const called = args.operand(1);
    const own = ownKeyCalled(called);
    if (isLasting(own)) throw refuseToReplace(own);
    if (own === undefined) {
      const credential = await withGatewayKeys(io, args, async ({ store, deps }) =>
        revokeCredential(await credentialId(store, called, io.now()), deps),
      );
      if (args.has('json')) printJson(io, credentialJson(io, credential));
      else io.out(`${credential.id} is revoked\n`);
      return 0;
    }
    const id = await withGatewayKeys(io, args, async (keys) => {
      if (own === 'challenge') return rotateChallenge(keys, 'void');
      const { tokens, times } = keys.config;
      await rotateTokenKey(tokens.key, io.now(), times.resultTtl);
      await forgetRetired(tokens.key);
      return currentTokenKey(tokens.key);
    });
    tellId(io, args, id);
    return 0;
  },
};

/** An option that is about another kind of key would do nothing. */
function wantFitting(args: Args, called: string): void {
  const own = ownKeyCalled(called);
  for (const name of own === undefined ? ['prepare'] : ['overlap', 'expires', 'key-file']) {
    if (args.has(name)) throw usage(`--${name} is not about ${called}`);
  }
  if (own !== 'token' && args.has('prepare')) throw usage(`--prepare is not about ${called}`);
}

async function rotateCredential(io: Io, args: Args, called: string): Promise<number> {
  const overlap = args.one('overlap') ?? '0s';
  if (!/^(0s|[1-9][0-9]{0,5}[smhd])$/.test(overlap)) {
    throw usage(`--overlap: want a duration such as 24h, got ${JSON.stringify(overlap)}`);
  }
  const expiresAt = momentOption(io, args, 'expires');
  await issueKey(io, args, () =>
    withGatewayKeys(io, args, async ({ store, deps }) =>
      rotateApiKey(
        await credentialId(store, called, io.now()),
        { overlap: durationMs(overlap), ...(expiresAt !== undefined && { expiresAt }) },
        deps,
      ),
    ),
  );
  return 0;
}

/** @returns the id of the key that signs, or is going to. */
async function rotateToken(
  io: Io,
  args: Args,
  { config: { tokens, times } }: GatewayKeys,
): Promise<string> {
  if (!args.has('prepare')) {
    await rotateTokenKey(tokens.key, io.now(), times.resultTtl);
    return currentTokenKey(tokens.key);
  }
  const { next: file } = tokenFiles(tokens.key);
  if (await isThere(file)) throw usage(`${file} is there: the next rotation takes it`);
  await prepareTokenKey(tokens.key);
  const { next } = await readTokenKeys(tokens.key);
  return next?.publicKey.keyId ?? '';
}

async function currentTokenKey(path: string): Promise<string> {
  return (await readTokenKeys(path)).current.publicKey.keyId;
}

/** @param open what becomes of challenges that were made and not answered. */
async function rotateChallenge(
  { store, config, deps: { now, randomBytes } }: GatewayKeys,
  open: 'kept' | 'void',
): Promise<string> {
  const keys = await store.challengeKeys();
  // A clock that went back must not keep the old key in its place.
  const madeAt = Math.max(now(), (keys[0]?.madeAt ?? 0) + 1);
  const key = { id: toHex(randomBytes(8)), key: randomBytes(32), madeAt };
  const kept = open === 'void' ? [] : keysInUse(keys, now() - config.times.challengeTtl);
  await store.rotateChallengeKey(key, madeAt, kept.at(-1)?.madeAt ?? madeAt);
  return key.id;
}

/**
 * The keys whose challenges may be open, newest first: the newest, and those that the next one
 * replaced a short while ago.
 */
function keysInUse(keys: readonly ChallengeKey[], since: number): readonly ChallengeKey[] {
  const past = keys.findIndex((_key, i) => (keys[i - 1]?.madeAt ?? Infinity) < since);
  return past < 0 ? keys : keys.slice(0, past);
}

function tellId(io: Io, args: Args, id: string): void {
  if (args.has('json')) printJson(io, { id });
  else io.out(`${id}\n`);
}
