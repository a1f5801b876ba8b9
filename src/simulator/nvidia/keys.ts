import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { deriveP384Key, type P384SimulatorKey, p256PublicKeyInfo } from '../p384-keys.ts';

const keys = new Map<string, P384SimulatorKey>();
const signatures = new Map<string, Uint8Array>();
/** A machine of twelve devices with all that its vendor says takes some hundred. */
const MOST_REMEMBERED = 10_000;

/** Bytes of a SubjectPublicKeyInfo on P-384; on P-256 there are 91. */
const P384_INFO_SIZE = 120;

/**
 * The P-384 key of this name in the world of this seed; with what it signed, kept for the life
 * of the process. Keys and signatures are functions of names and messages, and what one case
 * is made of is nearly all in the others as well.
 */
export function nvidiaKey(seed: string, label: string): P384SimulatorKey {
  const name = JSON.stringify([seed, label]);
  const known = keys.get(name);
  if (known) return known;
  const key = deriveP384Key(seed, label);
  const remembering = { ...key, sign: (message: Uint8Array) => signOnce(name, key, message) };
  return remember(keys, name, remembering);
}

/** DER of a SubjectPublicKeyInfo; NVIDIA's keys are all on P-384. */
export function publicKeyInfo(seed: string, label: string, type: 'P-384' | 'P-256'): Uint8Array {
  return type === 'P-384' ? nvidiaKey(seed, label).publicKeyInfo : p256PublicKeyInfo(seed, label);
}

function signOnce(name: string, key: P384SimulatorKey, message: Uint8Array): Uint8Array {
  const what = `${name} ${toHex(sha256(message))}`;
  return signatures.get(what) ?? remember(signatures, what, key.sign(message));
}

function remember<Value>(all: Map<string, Value>, name: string, value: Value): Value {
  if (all.size >= MOST_REMEMBERED) all.clear();
  all.set(name, value);
  return value;
}

/** What a SubjectPublicKeyInfo has in its BIT STRING: 0x04 ‖ x ‖ y. */
export function keyBits(info: Uint8Array): Uint8Array {
  return info.subarray(info.length - (info.length === P384_INFO_SIZE ? 97 : 65));
}
