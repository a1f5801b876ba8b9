import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { signRequest } from '../../protocol/request-signature/sign.ts';
import { isShared } from '../audit/secret-files.ts';
import { type Io, usage, warn } from '../io.ts';
import { readSigningKey } from '../signing-key-file.ts';

/** How somebody shows a gateway who asks. */
export type Proof = { readonly kind: 'api-key'; readonly text: string } | NodeSigner;

/** An Ed25519 key that signs requests: of a machine, or of a credential. */
export interface NodeSigner {
  readonly kind: 'signature';
  /** 32 bytes in lower-case hex. */
  readonly publicKey: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** @throws Fault `usage` for a file that is no key; nothing of it is quoted. */
export async function readApiKey(io: Io, path: string): Promise<Proof> {
  const text = fromUtf8(await io.readFile(path), path).trim();
  if (!/^postern_[A-Za-z0-9_-]{16,200}$/.test(text)) {
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

export interface Outgoing {
  readonly method: string;
  /** By the gateway's own origin, whatever address it is asked at. */
  readonly url: string;
  readonly body: Uint8Array;
}

/** Seconds; clocks may be apart a little. */
const VALID_FOR = 60;

/** The headers that show it. */
export async function headersOf(
  io: Pick<Io, 'now' | 'randomBytes'>,
  proof: Proof | undefined,
  request: Outgoing,
): Promise<Readonly<Record<string, string>>> {
  if (proof === undefined) return {};
  if (proof.kind === 'api-key') return { authorization: `Bearer ${proof.text}` };
  const created = Math.floor(io.now() / 1000);
  const parameters = {
    created,
    expires: created + VALID_FOR,
    nonce: io.randomBytes(16),
    keyId: proof.publicKey,
    algorithm: 'ed25519',
  } as const;
  return { ...(await signRequest(request, parameters, proof.sign)) };
}
