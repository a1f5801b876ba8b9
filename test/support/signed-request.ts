import { ed25519 } from '@noble/curves/ed25519.js';
import { getPublicKey, secretFromSeed, sign as signSr25519 } from '@scure/sr25519';
import { toHex } from '../../src/core/bytes/hex.ts';
import type {
  SignatureAlgorithm,
  SignatureParameters,
} from '../../src/protocol/request-signature/profile.ts';
import { type OutgoingRequest, signRequest } from '../../src/protocol/request-signature/sign.ts';
import type { ReceivedRequest } from '../../src/protocol/request-signature/verify.ts';
import { hex } from './hex.ts';

/** A key that requests can be signed with, secret half and all. */
export interface RequestKey {
  readonly algorithm: SignatureAlgorithm;
  /** Lower-case hex. */
  readonly publicKey: string;
  readonly sign: (base: Uint8Array) => Uint8Array;
}

/** @param seed 32 bytes in hex, or a byte to fill them with. */
export function ed25519Key(seed: string | number): RequestKey {
  const secret = typeof seed === 'number' ? new Uint8Array(32).fill(seed) : hex(seed);
  return {
    algorithm: 'ed25519',
    publicKey: toHex(ed25519.getPublicKey(secret)),
    sign: (base) => ed25519.sign(base, secret),
  };
}

export function sr25519Key(seed: number): RequestKey {
  const secret = secretFromSeed(new Uint8Array(32).fill(seed));
  return {
    algorithm: 'sr25519',
    publicKey: toHex(getPublicKey(secret)),
    sign: (base) => signSr25519(secret, base),
  };
}

/** RFC 9421 appendix B.1.4, `test-key-ed25519`. */
export const RFC_KEY = ed25519Key(
  '9f8362f87a484a954e6e740c5b4c0e84229139a20aa8ab56ff66586f6a7d29c5',
);

/** Seconds since the epoch; as in the examples of RFC 9421. */
export const CREATED = 1_618_884_473;

/** The request of RFC 9421 appendix B.2. */
export const RFC_REQUEST: OutgoingRequest = {
  method: 'POST',
  url: 'https://example.com/foo?param=Value&Pet=dog',
  body: new TextEncoder().encode('{"hello": "world"}'),
};

export function parametersOf(
  key: RequestKey,
  changes: Partial<SignatureParameters> = {},
): SignatureParameters {
  return {
    created: CREATED,
    expires: CREATED + 300,
    nonce: Uint8Array.from({ length: 16 }, (_, i) => i),
    keyId: key.publicKey,
    algorithm: key.algorithm,
    ...changes,
  };
}

/** A request signed by a key, as a server receives it. */
export async function received(
  request: OutgoingRequest = RFC_REQUEST,
  key: RequestKey = RFC_KEY,
  changes: Partial<SignatureParameters> = {},
): Promise<ReceivedRequest> {
  const signed = await signRequest(request, parametersOf(key, changes), key.sign);
  const { pathname, search } = new URL(request.url);
  const headers = Object.entries(signed).map(([name, value]) => [name, [value]] as const);
  return {
    method: request.method,
    target: pathname + search,
    headers: { host: ['example.com'], ...Object.fromEntries(headers) },
    body: request.body,
  };
}
