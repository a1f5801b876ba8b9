import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { fromUtf8 } from '../core/bytes/text.ts';
import type { EnvelopeSigner } from '../core/encoding/dsse-signatures.ts';
import { Fault } from '../core/fault.ts';
import { parsePublicKey } from '../core/x509/public-key.ts';
import { type Io, usage } from './io.ts';
import type { Args, Options } from './verb.ts';

export const KEY_OPTION: Options = {
  key: {
    value: '<pem>',
    multiple: true,
    help: 'Ed25519 or P-256 private key that signs, PKCS#8 in PEM, not encrypted',
  },
};

/**
 * The private keys named by `--key`, at least one.
 *
 * @throws Fault `usage` naming the file; nothing of it is quoted.
 */
export async function readSigningKeys(io: Io, args: Args): Promise<readonly EnvelopeSigner[]> {
  const paths = args.many('key');
  if (paths.length === 0) throw usage('--key is missing');
  return Promise.all(paths.map((path) => readSigningKey(io, path, 'key')));
}

/** A private key, and what it signs with. */
export interface SigningKey extends EnvelopeSigner {
  readonly privateKey: KeyObject;
}

/** @param option that names the file, for errors. */
export async function readSigningKey(io: Io, path: string, option: string): Promise<SigningKey> {
  return signingKeyIn(`--${option} ${path}`, await io.readFile(path));
}

const WANTED = 'want an Ed25519 or P-256 private key, PKCS#8 in PEM, not encrypted';

/** @param what the file is called in errors. @throws as {@link readSigningKey}. */
export function signingKeyIn(what: string, file: Uint8Array): SigningKey {
  const key = privateKeyIn(what, file);
  const type = key.asymmetricKeyType;
  const isP256 = type === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (type !== 'ed25519' && !isP256) throw usage(`${what}: ${WANTED}`);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    privateKey: key,
    publicKey: parsePublicKey(spki, what),
    sign: (message) =>
      new Uint8Array(
        isP256
          ? sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' })
          : sign(null, message, key),
      ),
  };
}

function privateKeyIn(what: string, file: Uint8Array): KeyObject {
  let text = '';
  try {
    text = fromUtf8(file, what);
    // Said by itself: the file is right, and what it needs is a step before.
    if (!/ENCRYPTED/.test(text) && text.includes('-----BEGIN')) return createPrivateKey(text);
  } catch (error) {
    // OpenSSL's sentence would not say which file it is about.
    if (error instanceof Fault && error.code === 'internal') throw error;
  }
  const encrypted = /ENCRYPTED/.test(text)
    ? ' (this one is: openssl pkey -in … -out … writes it without)'
    : '';
  throw usage(`${what}: ${WANTED}${encrypted}`);
}
