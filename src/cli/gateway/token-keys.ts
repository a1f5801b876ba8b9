import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EarAlgorithm } from '../../appraisal/result/ear-jwt.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { malformed } from '../../core/fault.ts';
import { type PublicKey, parsePublicKey } from '../../core/x509/public-key.ts';
import { syncFolder } from '../../store/sqlite-file.ts';
import {
  diskFault,
  isThere,
  readSecret,
  replaceSecret,
  writeSecret,
} from '../audit/secret-files.ts';
import { type SigningKey, signingKeyIn } from '../signing-key-file.ts';

/** The keys of result tokens: one signs, the others are those that relying parties have to know. */
export interface TokenKeys {
  readonly current: TokenKey;
  /** Published and not in use: the next rotation takes it. */
  readonly next?: TokenKey;
  readonly retired: readonly RetiredKey[];
}

export interface TokenKey extends SigningKey {
  readonly algorithm: EarAlgorithm;
}

/** Of a key that signs no more only the public half is left. */
export interface RetiredKey {
  readonly publicKey: PublicKey;
  /** When the last token that it signed has ended, in milliseconds since the epoch. */
  readonly until: number;
}

/** Beside `token.pem`: `token.pem.next` and `token.pem.retired.json`. */
export function tokenFiles(path: string) {
  return { current: path, next: `${path}.next`, retired: `${path}.retired.json` };
}

/** A new Ed25519 key; never over one that is there. */
export async function createTokenKey(path: string): Promise<void> {
  await writeSecret(path, newKey());
}

/** @throws Fault `unreachable` for a missing file, `usage` or `malformed` for one that is none. */
export async function readTokenKeys(path: string): Promise<TokenKeys> {
  const files = tokenFiles(path);
  return {
    current: await readKey(files.current),
    ...((await isThere(files.next)) && { next: await readKey(files.next) }),
    retired: (await isThere(files.retired)) ? await readRetired(files.retired) : [],
  };
}

async function readKey(path: string): Promise<TokenKey> {
  const key = signingKeyIn(path, await readSecret(path));
  return { ...key, algorithm: algorithmOf(key.publicKey) };
}

function algorithmOf({ algorithm }: PublicKey): EarAlgorithm {
  return algorithm === 'p256' ? 'ES256' : 'EdDSA';
}

async function readRetired(path: string): Promise<readonly RetiredKey[]> {
  const shape = new JsonShape(parseJson(fromUtf8(await readSecret(path), path), path).value, path);
  if (shape.integer('v', 0xffff) !== VERSION) throw malformed(`${path}.v`, `want ${VERSION}`);
  return shape.objects('keys').map((one) => ({
    publicKey: parsePublicKey(
      fromBase64(one.string('publicKey'), `${one.path}.publicKey`),
      `${one.path}.publicKey`,
    ),
    until: one.time('until'),
  }));
}

const VERSION = 1;

/**
 * Makes the key that the next rotation takes, and publishes it until then: relying parties that
 * keep a copy of the key set have time to fetch it.
 *
 * @throws Fault where there is one.
 */
export async function prepareTokenKey(path: string): Promise<void> {
  await writeSecret(tokenFiles(path).next, newKey());
}

/**
 * Lets another key sign: the one that was prepared, or a new one. Of the old one the public half
 * stays until all that it signed has ended; its private half is gone.
 *
 * @param longest how long a token lives at most, in milliseconds.
 */
export async function rotateTokenKey(path: string, now: number, longest: number): Promise<void> {
  const files = tokenFiles(path);
  const { current, retired } = await readTokenKeys(path);
  const others = retired.filter(
    ({ publicKey, until }) => until > now && publicKey.keyId !== current.publicKey.keyId,
  );
  const keys = [...others, { publicKey: current.publicKey, until: now + longest + LEEWAY }];
  // First: a key whose public half nobody has any more could not be brought back.
  await replaceSecret(files.retired, retiredText(keys));
  if (!(await isThere(files.next))) return replaceSecret(files.current, newKey());
  try {
    await rename(files.next, files.current);
    syncFolder(dirname(path));
  } catch (cause) {
    throw diskFault(path, 'written', cause);
  }
}

/** A token may be in the making, and clocks differ. */
const LEEWAY = 300_000;

function retiredText(keys: readonly RetiredKey[]): string {
  const list = keys.map(({ publicKey, until }) => ({
    publicKey: toBase64(publicKey.spki),
    until: formatTime(Math.ceil(until / 1000) * 1000),
  }));
  return `${JSON.stringify({ v: VERSION, keys: list }, undefined, 2)}\n`;
}

/** What a key that was revoked leaves: nothing verifies what it signed. */
export async function forgetRetired(path: string): Promise<void> {
  await rm(tokenFiles(path).retired, { force: true });
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** JWK Set (RFC 7517) of all that tokens may have been signed by, and will be. */
export function tokenKeySet({ current, next, retired }: TokenKeys, now: number) {
  const all = [
    current.publicKey,
    ...(next ? [next.publicKey] : []),
    ...retired.filter(({ until }) => until > now).map(({ publicKey }) => publicKey),
  ];
  const byId = new Map(all.map((key) => [key.keyId, key]));
  return { keys: [...byId.values()].map(jwkOf) };
}

function jwkOf(key: PublicKey) {
  const object = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
  const { kty = '', crv = '', x = '', y } = object.export({ format: 'jwk' });
  const members = { kty, crv, x, ...(y !== undefined && { y }) };
  return { ...members, kid: key.keyId, use: 'sig', alg: algorithmOf(key) };
}

/** The keys as the files have them now: somebody may rotate them while a gateway runs. */
export class TokenKeyFiles {
  readonly #path: string;
  #seen: { readonly state: string; readonly keys: TokenKeys } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<TokenKeys> {
    const state = await this.#state();
    if (this.#seen?.state === state) return this.#seen.keys;
    const keys = await readTokenKeys(this.#path);
    this.#seen = { state, keys };
    return keys;
  }

  async #state(): Promise<string> {
    const files = Object.values(tokenFiles(this.#path));
    const states = await Promise.all(
      files.map((file) =>
        stat(file).then(
          ({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`,
          () => 'none',
        ),
      ),
    );
    return states.join('; ');
  }
}
