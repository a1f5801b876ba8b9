import { signRequest } from '../../protocol/request-signature/sign.ts';

/** How somebody shows a gateway who asks. */
export type Proof = { readonly kind: 'api-key'; readonly text: string } | NodeSigner;

/** An Ed25519 key that signs requests: of a machine, or of a credential. */
export interface NodeSigner {
  readonly kind: 'signature';
  /** 32 bytes in lower-case hex. */
  readonly publicKey: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

export const API_KEY = /^postern_[A-Za-z0-9_-]{16,200}$/;

interface Outgoing {
  readonly method: string;
  /** By the gateway's own origin, whatever address it is asked at. */
  readonly url: string;
  readonly body: Uint8Array;
}

/** Seconds; clocks may be apart a little. */
const VALID_FOR = 60;

/** The headers that show it. */
export async function headersOf(
  io: { readonly now: () => number; readonly randomBytes: (length: number) => Uint8Array },
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
