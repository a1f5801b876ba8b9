import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { parsePublicKeyPem } from '../../core/x509/public-key.ts';
import type { PublicKeyProof } from '../../gateway/identity/credential.ts';
import { addPublicKey, createApiKey } from '../../gateway/identity/credentials.ts';
import { hotkeyProof } from '../../gateway/identity/hotkey.ts';
import { asConfiguration } from '../configuration.ts';
import { SET_OPTION } from '../gateway/read-config.ts';
import { type Io, usage } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { withGatewayKeys } from './gateway-of.ts';
import { credentialJson, issueKey, KEY_FILE } from './issued-key.ts';
import { credentialWish, WHO } from './key-wishes.ts';
import { QUOTAS, quotaWish } from './quota-wishes.ts';

export const keysCreateVerb: Verb = {
  name: 'keys create',
  summary: 'Make an API key for somebody who asks a gateway.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: { ...WHO, ...QUOTAS, ...KEY_FILE, ...SET_OPTION },
  notes: [
    'Roles do not contain each other. client: verifies evidence, reads policies, has sealed sessions. node: enrols machines into one pool. validator: sees machines, decisions and events. auditor: these, policies, and decisions with all that they saw. admin: everything but the latter.',
    'The key is shown this once; what is kept can only recognise it. It is good from the gateway’s next request on.',
  ],
  run: async (io, args) => {
    const quotas = quotaWish(args);
    const wish = { ...credentialWish(io, args), ...(quotas !== undefined && { quotas }) };
    await issueKey(io, args, () =>
      withGatewayKeys(io, args, ({ deps }) => createApiKey(wish, deps)),
    );
    return 0;
  },
};

export const keysAddPublicKeyVerb: Verb = {
  name: 'keys add-public-key',
  summary: 'Let somebody ask a gateway who signs requests with a key of their own.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {
    ...WHO,
    key: { value: '<pem>', help: 'their Ed25519 public key' },
    hotkey: { value: '<address>', help: 'or their sr25519 key, as an SS58 address' },
    ...SET_OPTION,
  },
  notes: [
    'For validators, auditors and admins. Requests are signed as RFC 9421 has it: postern nodes --sign-key does so with an Ed25519 key.',
  ],
  run: async (io, args) => {
    const wish = credentialWish(io, args);
    const proof = await readProof(io, args);
    const made = await withGatewayKeys(io, args, ({ deps }) => addPublicKey(wish, proof, deps));
    if (args.has('json')) printJson(io, credentialJson(io, made));
    else io.out(`${made.id}\n`);
    return 0;
  },
};

async function readProof(io: Io, args: Args): Promise<PublicKeyProof> {
  const [path, address] = [args.one('key'), args.one('hotkey')];
  if ((path === undefined) === (address === undefined))
    throw usage('want either --key, or --hotkey');
  if (address !== undefined)
    return asConfiguration('--hotkey', () => hotkeyProof(address, 'address'));
  const file = await io.readFile(path ?? '');
  const key = asConfiguration(`--key ${path}`, () =>
    parsePublicKeyPem(fromUtf8(file, 'key'), 'key'),
  );
  if (key.algorithm !== 'ed25519') throw usage(`--key ${path}: want an Ed25519 key`);
  return { kind: 'ed25519', publicKey: toHex(key.spki.subarray(-32)) };
}
