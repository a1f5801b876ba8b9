import { toHex } from '../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../core/bytes/text.ts';
import { formatTime } from '../core/encoding/time.ts';
import { Fault } from '../core/fault.ts';
import type { Claims } from '../evidence/verification.ts';
import { type Checkpoint, parseCheckpointText } from '../ledger/note/checkpoint.ts';
import { splitSignature } from '../ledger/note/signed-message.ts';
import {
  type NoteSignature,
  parseSignedNote,
  type SignedNote,
} from '../ledger/note/signed-note.ts';
import { KEY_TYPES, type KeyType, parseVerifierKey } from '../ledger/note/verifier-key.ts';
import { parseTlogProof, TLOG_PROOF_HEADER } from '../ledger/proof/tlog-proof.ts';
import { asciiText } from './input.ts';

/** An empty line and the em dash of a signature. */
const SIGNATURES = utf8('\n\n\u2014 ');
const HEADER = utf8(`${TLOG_PROOF_HEADER}\n`);

/** Beyond the largest of these texts, to look at which takes no time. */
const LARGEST = 2_000_000;

export function looksLikeTlogProof(bytes: Uint8Array): boolean {
  return HEADER.every((byte, i) => bytes[i] === byte);
}

export function looksLikeNote(bytes: Uint8Array): boolean {
  if (bytes.length > LARGEST) return false;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    if (SIGNATURES.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}

/** Its base64 has no white space, and no other text has an id in that place. */
export function looksLikeVerifierKey(bytes: Uint8Array): boolean {
  const text = bytes.length < LARGEST ? asciiText(bytes) : undefined;
  return text !== undefined && /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}\n?$/.test(text);
}

export function tlogProofClaims(bytes: Uint8Array): Claims {
  const { extra, index, hashes, signed } = parseTlogProof(bytes);
  return {
    index: String(index),
    hashes: hashes.map(toHex),
    ...(extra && { extra: toHex(extra) }),
    checkpoint: { ...checkpointClaims(signed.checkpoint), ...signaturesOf(signed.note) },
  };
}

/** A note of any text; what a checkpoint says where it is one. */
export function noteClaims(bytes: Uint8Array): Claims {
  const note = parseSignedNote(bytes);
  const checkpoint = checkpointIn(note.text);
  return {
    ...(checkpoint ? checkpointClaims(checkpoint) : { text: note.text.split('\n').slice(0, -1) }),
    ...signaturesOf(note),
  };
}

export function verifierKeyClaims(bytes: Uint8Array): Claims {
  const { name, id, type, publicKey } = parseVerifierKey(
    fromUtf8(bytes, 'vkey').replace(/\n$/, ''),
  );
  return { name, id, type, publicKey: toHex(publicKey) };
}

function checkpointClaims({ origin, size, root, extensions }: Checkpoint): Claims {
  return {
    origin,
    treeSize: String(size),
    root: toHex(root),
    ...(extensions.length > 0 && { extensions }),
  };
}

function checkpointIn(text: string): Checkpoint | undefined {
  try {
    return parseCheckpointText(text);
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}

function signaturesOf({ signatures }: SignedNote): Claims {
  return { signatures: signatures.map(signatureClaims) };
}

/** A line does not say its type; the length that each type has does, as far as it is one of ours. */
function signatureClaims({ name, id, signature }: NoteSignature): Claims {
  const type = TYPES.find((one) => splitSignature(one, signature) !== undefined);
  const time = type && splitSignature(type, signature)?.time;
  return {
    name,
    id,
    bytes: signature.length,
    ...(type && { type }),
    ...(time !== undefined && { time: formatTime(Number(time) * 1000) }),
  };
}

const TYPES = Object.keys(KEY_TYPES) as KeyType[];
