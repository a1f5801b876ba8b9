import { toHex } from '../../core/bytes/hex.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { conclude } from '../../evidence/verdict.ts';
import type { Claims } from '../../evidence/verification.ts';
import { type Checkpoint, parseSignedCheckpoint } from '../../ledger/note/checkpoint.ts';
import { parseSignedNote, type SignedNote } from '../../ledger/note/signed-note.ts';
import { verifyNote } from '../../ledger/note/verify-note.ts';
import { parseEntryBundle } from '../../ledger/tiles/entry-bundle.ts';
import { TILE_WIDTH, Tile, tileWidth } from '../../ledger/tiles/tile.ts';
import { leafHash, wantSame } from '../../ledger/tree/hash.ts';
import { rootOf } from '../../ledger/tree/prove.ts';
import { readVerifierKey, trustedKeyFile } from './ledger-keys.ts';
import type { Case } from './manifest.ts';
import type { Runner } from './runner.ts';

const NOTE_CHECKS = {
  'note.format': { path: 'note' },
  'note.signatures': { path: 'note.signatures' },
} as const;

const NOTE_REQUIRED = new Set(Object.keys(NOTE_CHECKS) as (keyof typeof NOTE_CHECKS)[]);

/** A note that the trusted key signed; where none is trusted, it is refused. */
export const signedNoteRunner: Runner = {
  name: 'signed note',
  reads: ['note'],
  run: async (testCase, context) => {
    const checks = new CheckList(NOTE_CHECKS);
    const bytes = await context.file('note');
    const key = await trustedKeyFile(testCase, context);
    const note = checks.read('note.format', () => parseSignedNote(bytes));
    if (note) checks.read('note.signatures', () => signersOf(note, key));
    const verdict = conclude(checks.all, NOTE_REQUIRED);
    return {
      verdict,
      authentic: verdict === 'accept',
      checks: checks.all,
      claims: note ? { text: note.text, signers: note.signatures.map(({ name }) => name) } : {},
    };
  },
};

const CHECKPOINT_CHECKS = {
  'checkpoint.format': { path: 'checkpoint' },
  'checkpoint.signatures': { path: 'checkpoint.signatures' },
  'checkpoint.tile': { path: 'tile' },
  'checkpoint.entries': { path: 'entries' },
} as const;

/**
 * A checkpoint that the trusted key signed and, as far as they are given, the one tile of its
 * leaves and their entries.
 */
export const checkpointRunner: Runner = {
  name: 'checkpoint',
  reads: ['checkpoint'],
  run: async (testCase, context) => {
    const checks = new CheckList(CHECKPOINT_CHECKS);
    const bytes = await context.file('checkpoint');
    const key = await trustedKeyFile(testCase, context);
    const required = new Set<keyof typeof CHECKPOINT_CHECKS>([
      'checkpoint.format',
      'checkpoint.signatures',
    ]);
    const signed = checks.read('checkpoint.format', () => parseSignedCheckpoint(bytes));
    if (signed) checks.read('checkpoint.signatures', () => signersOf(signed.note, key));
    for (const part of ['tile', 'entries'] as const) {
      if (!context.has(part)) continue;
      const file = await context.file(part);
      required.add(`checkpoint.${part}`);
      if (signed) checks.read(`checkpoint.${part}`, () => PARTS[part](file, signed.checkpoint));
    }
    const verdict = conclude(checks.all, required);
    return {
      verdict,
      authentic: checks.all.some(
        ({ id, outcome }) => id === 'checkpoint.signatures' && outcome === 'pass',
      ),
      checks: checks.all,
      claims: signed ? checkpointClaims(signed.checkpoint, testCase) : {},
    };
  },
};

/** Each holds what it was given against the root, and throws. */
const PARTS = {
  tile: (file: Uint8Array, { size, root }: Checkpoint) => {
    const tile = new Tile(file, onlyWidth(size), 'tile');
    const got = rootOf(Number(size), (height, index) => tile.node(height, index));
    wantSame(got, root, 'tile', 'the root');
    return tile;
  },
  entries: (file: Uint8Array, checkpoint: Checkpoint) => {
    const entries = parseEntryBundle(file, onlyWidth(checkpoint.size));
    return PARTS.tile(concatBytes(...entries.map(leafHash)), checkpoint);
  },
} as const;

/** All of the tree's leaves are in the first tile. */
function onlyWidth(size: bigint): number {
  if (size > BigInt(TILE_WIDTH)) throw malformed('checkpoint.size', `${size} is beyond one tile`);
  return tileWidth(Number(size), 0, 0);
}

function signersOf(note: SignedNote, keyFile: Uint8Array | undefined) {
  return verifyNote(note, keyFile ? [readVerifierKey(keyFile, 'vkey')] : []);
}

/** The root is written as the case writes it: base64, as in the note, or hex. */
export function checkpointClaims({ origin, size, root }: Checkpoint, { expect }: Case): Claims {
  const inHex = /^[0-9a-f]{64}$/.test(String(expect.fields['root']));
  return { origin, size: String(size), root: inHex ? toHex(root) : toBase64(root) };
}
