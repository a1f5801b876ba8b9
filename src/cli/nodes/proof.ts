import { API_KEY, type NodeSigner, type Proof } from '../../agent/gateway/proof.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { isShared } from '../audit/secret-files.ts';
import { type Io, usage, warn } from '../io.ts';
import { readSigningKey } from '../signing-key-file.ts';

/** @throws Fault `usage` for a file that is no key; nothing of it is quoted. */
export async function readApiKey(io: Io, path: string): Promise<Proof> {
  const text = fromUtf8(await io.readFile(path), path).trim();
  if (!API_KEY.test(text)) {
    throw usage(`${path}: want an API key, postern_<role>_<id>_<secret>, and nothing else`);
  }
  if (await isShared(path)) warn(io, `${path}: others can read it: chmod 600`);
  return { kind: 'api-key', text };
}

/** @param option that names the file, for errors. */
export async function readNodeSigner(io: Io, path: string, option: string): Promise<NodeSigner> {
  const { publicKey, sign } = await readSigningKey(io, path, option);
  if (publicKey.algorithm !== 'ed25519') throw usage(`--${option} ${path}: want an Ed25519 key`);
  return { kind: 'signature', publicKey: toHex(publicKey.spki.subarray(-32)), sign };
}
