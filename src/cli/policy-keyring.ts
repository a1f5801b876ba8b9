import { type Keyring, keyringOfKeys, parseKeyring } from '../appraisal/policy/signing/keyring.ts';
import type { KeyringSource } from '../appraisal/policy/signing/policy-trust.ts';
import { fromUtf8 } from '../core/bytes/text.ts';
import { parsePublicKeyPem } from '../core/x509/public-key.ts';
import { asConfiguration } from './configuration.ts';
import { readWholeNumber } from './input.ts';
import { type Io, usage } from './io.ts';
import type { Args, Options } from './verb.ts';

export const KEYRING_OPTIONS: Options = {
  keyring: { value: '<json>', help: 'whose signatures count, and how many' },
  'public-key': {
    value: '<pem>',
    multiple: true,
    help: 'in place of a keyring: a key whose signature counts, for any policy and without delay',
  },
  threshold: { value: '<n>', help: 'how many of these must sign; all by default' },
};

/** A keyring, and what it was read from. */
export interface ReadKeyring {
  readonly keyring: Keyring;
  readonly source: KeyringSource;
}

/**
 * What `--keyring` names, or the keys on the command line as one.
 *
 * @throws Fault `usage`: a keyring that can't be read says nothing about any policy.
 */
export async function readKeyring(io: Io, args: Args): Promise<ReadKeyring> {
  const [path, paths] = [args.one('keyring'), args.many('public-key')];
  if ((path === undefined) === (paths.length === 0)) {
    throw usage('want either --keyring, or --public-key for each key');
  }
  if (path !== undefined) {
    if (args.has('threshold')) throw usage('--threshold: a keyring has its own');
    const file = await io.readFile(path);
    const keyring = asConfiguration(`--keyring ${path}`, () => parseKeyring(file, 'keyring'));
    return { keyring, source: { file } };
  }
  const files = await Promise.all(paths.map((owner) => io.readFile(owner)));
  const keys = paths.map((owner, i) => {
    const read = () => parsePublicKeyPem(fromUtf8(files[i] ?? new Uint8Array(), owner), owner);
    return { owner, publicKey: asConfiguration(`--public-key ${owner}`, read) };
  });
  if (new Set(keys.map(({ publicKey }) => publicKey.keyId)).size < keys.length) {
    throw usage('--public-key: the same key twice');
  }
  const threshold = readWholeNumber(args, 'threshold') ?? keys.length;
  if (threshold < 1 || threshold > keys.length) {
    throw usage(`--threshold: want 1 to ${keys.length}, the number of keys`);
  }
  return { keyring: keyringOfKeys(keys, threshold), source: { keys: files, threshold } };
}
