import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { Fault } from '../../core/fault.ts';
import { type Checkpoint, parseCheckpointText } from './checkpoint.ts';
import { LONGEST_NAME } from './key-name.ts';
import { KEY_TYPES, type KeyType } from './verifier-key.ts';

/** Seconds since the epoch fit into 63 bits (C2SP tlog-cosignature, section "Format"). */
const LATEST = 2n ** 63n - 1n;

/** What is behind a key's id in a signature line, taken apart by the type of the key. */
export interface SignatureParts {
  /** Seconds since the epoch; undefined of a plain note signature, which has no time. */
  readonly time: bigint | undefined;
  readonly bare: Uint8Array;
}

/**
 * timestamped_signature of C2SP tlog-cosignature: u64 seconds, big-endian, then the signature;
 * of a plain key the signature alone.
 *
 * @returns undefined when the length or the time is none of that type.
 */
export function splitSignature(type: KeyType, signature: Uint8Array): SignatureParts | undefined {
  const { signature: size } = KEY_TYPES[type];
  if (type === 'note') {
    return signature.length === size ? { time: undefined, bare: signature } : undefined;
  }
  if (signature.length !== 8 + size) return undefined;
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  return time > LATEST ? undefined : { time, bare: signature.subarray(8) };
}

/** The reverse of {@link splitSignature}. */
export function joinSignature({ time, bare }: SignatureParts): Uint8Array {
  return time === undefined ? bare : concatBytes(u64(time), bare);
}

/**
 * The bytes that a key signs for the text of a note.
 *
 * @param name of the key, which ML-DSA-44 cosignatures commit to.
 * @param time seconds since the epoch; of cosignatures only.
 * @returns undefined where a key of that type signs no such text: only checkpoints are cosigned,
 *   and by ML-DSA-44 only those whose origin, as the key's name, has at most 255 bytes.
 */
export function signedMessage(
  type: KeyType,
  name: string,
  text: string,
  time: bigint | undefined,
): Uint8Array | undefined {
  if (type === 'note') return utf8(text);
  const checkpoint = checkpointIn(text);
  if (checkpoint === undefined || time === undefined || time < 0n || time > LATEST)
    return undefined;
  return type === 'cosignature'
    ? utf8(`cosignature/v1\ntime ${time}\n${text}`)
    : cosignedMessage(name, time, checkpoint);
}

/**
 * ```
 * size    field
 * 12      label, "subtree/v1\n\0"
 * 1 + n   cosigner_name, length first
 * 8       timestamp
 * 1 + n   log_origin, length first
 * 8       start, of a checkpoint 0
 * 8       end, of a checkpoint its size
 * 32      hash
 * ```
 * cosigned_message of C2SP tlog-cosignature; numbers are big-endian.
 */
function cosignedMessage(
  name: string,
  time: bigint,
  { origin, size, root }: Checkpoint,
): Uint8Array | undefined {
  const [nameBytes, originBytes] = [utf8(name), utf8(origin)];
  if (nameBytes.length > LONGEST_NAME || originBytes.length > LONGEST_NAME) return undefined;
  return concatBytes(
    utf8('subtree/v1\n\0'),
    Uint8Array.of(nameBytes.length),
    nameBytes,
    u64(time),
    Uint8Array.of(originBytes.length),
    originBytes,
    u64(0n),
    u64(size),
    root,
  );
}

function checkpointIn(text: string): Checkpoint | undefined {
  try {
    return parseCheckpointText(text);
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
