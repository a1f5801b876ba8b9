import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';
import { wantKeyName } from './key-name.ts';

/** One line below a note's text: who says to have signed, and what. */
export interface NoteSignature {
  readonly name: string;
  /** Of the key, eight hex digits. */
  readonly id: string;
  /** Everything behind the id, as the type of the key lays it out. At least a byte. */
  readonly signature: Uint8Array;
}

/** A note as it stands: nothing is verified yet. */
export interface SignedNote {
  /** All lines of it, the last newline included. */
  readonly text: string;
  /** In their order; at least one. */
  readonly signatures: readonly NoteSignature[];
}

/** Sixteen must be taken, of up to 5 kB each (C2SP signed-note, section "Format"). */
const MOST_SIGNATURES = 100;
/** In bytes; 32 cosignatures by ML-DSA-44 are some 105 kB. */
export const LARGEST_NOTE = 1_000_000;

/** Below the space. */
const CONTROL_BUT_NEWLINE = /[^\n -\uffff]/;

const SIGNATURE_START = '\u2014 ';

/**
 * A note of C2SP signed-note. Text and signatures are parted by the last empty line.
 *
 * @throws Fault `malformed` at `<at>`, `<at>.text` or `<at>.signatures[<i>]`.
 */
export function parseSignedNote(bytes: Uint8Array, at = 'note'): SignedNote {
  const note = noteText(bytes, at);
  const border = note.lastIndexOf('\n\n');
  if (border < 0) throw malformed(at, 'no empty line before the signatures');
  return {
    text: note.slice(0, border + 1),
    signatures: parseLines(note.slice(border + 2), `${at}.signatures`),
  };
}

/**
 * Signature lines without their note, as witnesses answer.
 *
 * @throws Fault `malformed` at `<at>` or `<at>[<i>]`; no line at all is none of them.
 */
export function parseSignatureLines(
  bytes: Uint8Array,
  at = 'signatures',
): readonly NoteSignature[] {
  return parseLines(noteText(bytes, at), at);
}

/** The same of lines that are kept apart; none is an answer like any other. */
export function signaturesIn(lines: readonly string[]): readonly NoteSignature[] {
  return lines.length === 0 ? [] : parseSignatureLines(utf8(lines.join('')));
}

/** One line, the newline included. */
export function writeSignatureLine({ name, id, signature }: NoteSignature): string {
  return `${SIGNATURE_START}${name} ${toBase64(concatBytes(fromHex(id, 'id', 4), signature))}\n`;
}

/**
 * @param text ends in a newline.
 * @param lines as {@link writeSignatureLine} gives them.
 * @throws Fault `malformed` when these make no note.
 */
export function writeSignedNote(text: string, lines: readonly string[]): Uint8Array {
  const bytes = utf8(`${text}\n${lines.join('')}`);
  const note = parseSignedNote(bytes);
  if (note.text !== text || note.signatures.length !== lines.length) {
    throw malformed('note', 'text and lines don’t stay apart');
  }
  return bytes;
}

/** The text of a note or of lines: UTF-8 of bounded length without controls, up to a newline. */
function noteText(bytes: Uint8Array, at: string): string {
  if (bytes.length > LARGEST_NOTE) {
    throw malformed(at, `${bytes.length} bytes, of which at most ${LARGEST_NOTE} are read`);
  }
  const text = fromUtf8(bytes, at);
  if (CONTROL_BUT_NEWLINE.test(text)) {
    const control = bytes.findIndex((byte) => byte < 0x20 && byte !== 0x0a);
    const byte = toHex(bytes.subarray(control, control + 1));
    throw malformed(at, `control character 0x${byte} at byte ${control}`);
  }
  if (!text.endsWith('\n')) throw malformed(at, 'does not end in a newline');
  return text;
}

function parseLines(text: string, at: string): readonly NoteSignature[] {
  const lines = text.split('\n').slice(0, -1);
  if (lines.length === 0) throw malformed(at, 'there are none');
  if (lines.length > MOST_SIGNATURES) {
    throw malformed(at, `${lines.length}, of which at most ${MOST_SIGNATURES} are read`);
  }
  return lines.map((line, i) => parseLine(line, `${at}[${i}]`));
}

function parseLine(line: string, at: string): NoteSignature {
  if (!line.startsWith(SIGNATURE_START)) throw malformed(at, 'does not start with an em dash');
  const [name = '', encoded, ...more] = line.slice(SIGNATURE_START.length).split(' ');
  if (encoded === undefined || more.length > 0) {
    throw malformed(at, 'want a name and base64 with a space between them');
  }
  wantKeyName(name, `${at}.name`);
  const bytes = fromBase64(encoded, `${at}.signature`);
  if (bytes.length < 5) throw malformed(`${at}.signature`, 'no more than the id of a key');
  return { name, id: toHex(bytes.subarray(0, 4)), signature: bytes.slice(4) };
}
