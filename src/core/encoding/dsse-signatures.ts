import { toHex } from '../bytes/hex.ts';
import { Fault } from '../fault.ts';
import { isSignedWith, type PublicKey } from '../x509/public-key.ts';
import { type Envelope, type EnvelopeSignature, preAuthEncoding } from './dsse.ts';

/** What was found out about the signatures of one envelope. */
export interface SignedEnvelope {
  /** How many distinct keys must have signed. */
  readonly threshold: number;
  /** The distinct keys that did, in the order of the signatures. */
  readonly signers: readonly PublicKey[];
  /** One for each signature, in order. */
  readonly signatures: readonly SignatureFinding[];
  /** The very bytes that were verified, and their type; undefined when too few keys signed. */
  readonly content: { readonly payload: Uint8Array; readonly payloadType: string } | undefined;
}

export type SignatureFinding =
  | { readonly signer: PublicKey }
  | { readonly signer: undefined; readonly because: string };

/**
 * Bytes that may be hashed for one envelope. Whoever adds signatures that nobody made chooses how
 * often a large payload is hashed; this ends it, counted in steps and not in time.
 */
const BUDGET = 256 * 1024 * 1024;
/** What a verification costs besides the hash, in hashed bytes. */
const VERIFICATION = 64 * 1024;

/**
 * Counts the distinct keys that signed, told apart by SubjectPublicKeyInfo: a key that signed
 * twice, or is given twice, is one. `keyid` is a hint that nobody signed: a key that it names is
 * only tried first.
 *
 * @throws Fault `usage` for a threshold that is no whole number above 0: it would be met by nobody.
 */
export function verifyEnvelope(
  envelope: Envelope,
  keys: readonly PublicKey[],
  threshold: number,
): SignedEnvelope {
  if (!Number.isSafeInteger(threshold) || threshold < 1) {
    throw new Fault('usage', 'threshold', `want a whole number above 0, got ${threshold}`);
  }
  const { payloadType } = envelope;
  // A copy, which nobody can write to between verification and use.
  const payload = new Uint8Array(envelope.payload);
  const trial = new Trial(preAuthEncoding(payloadType, payload), keys);
  const signatures = envelope.signatures.map((one) => trial.find(one));
  const signers = [...trial.signers.values()];
  return {
    threshold,
    signers,
    signatures,
    content: signers.length >= threshold ? { payload, payloadType } : undefined,
  };
}

class Trial {
  readonly signers = new Map<string, PublicKey>();
  readonly #signed: Uint8Array;
  readonly #keys: ReadonlyMap<string, PublicKey>;
  /** Signatures that were looked at already, in hex. */
  readonly #seen = new Set<string>();
  #budget = BUDGET;

  constructor(signed: Uint8Array, keys: readonly PublicKey[]) {
    this.#signed = signed;
    this.#keys = new Map(keys.map((key) => [toHex(key.spki), key]));
  }

  find({ keyId, signature }: EnvelopeSignature): SignatureFinding {
    const name = toHex(signature);
    if (this.#seen.has(name)) return none('the same signature as one before');
    this.#seen.add(name);
    const hinted = (key: PublicKey) => Number(key.keyId === keyId);
    for (const [spki, key] of [...this.#keys].sort(([, a], [, b]) => hinted(b) - hinted(a))) {
      const cost = VERIFICATION + this.#signed.length;
      if (this.#budget < cost) return none('not tried: too many signatures that are none');
      this.#budget -= cost;
      if (!isSignedWith(key, this.#signed, signature)) continue;
      if (this.signers.has(spki)) return none('by a key that signed before');
      this.signers.set(spki, key);
      return { signer: key };
    }
    return none('by none of the keys');
  }
}

function none(because: string): SignatureFinding {
  return { signer: undefined, because };
}

/** A key pair that signs envelopes. */
export interface EnvelopeSigner {
  readonly publicKey: PublicKey;
  /** Ed25519: 64 bytes. P-256 with SHA-256: r ‖ s, 64 bytes, big-endian, or DER. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/**
 * Adds a signature; payload, type and the signatures that are there stay as they are.
 *
 * @throws Fault `usage` when the key has signed already, `internal` when what the signer returns
 *   is no signature of its own key: found out here, not by whoever is to rely on it.
 */
export function signEnvelope(envelope: Envelope, signer: EnvelopeSigner): Envelope {
  const { keyId } = signer.publicKey;
  if (verifyEnvelope(envelope, [signer.publicKey], 1).content !== undefined) {
    throw new Fault('usage', 'envelope.signatures', `already signed by the key ${keyId}`);
  }
  const signed = preAuthEncoding(envelope.payloadType, envelope.payload);
  const signature = signer.sign(signed);
  if (!isSignedWith(signer.publicKey, signed, signature)) {
    throw new Fault('internal', 'signer', `made no signature of the key ${keyId}`);
  }
  return { ...envelope, signatures: [...envelope.signatures, { keyId, signature }] };
}
