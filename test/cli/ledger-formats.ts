import { expect } from 'vitest';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import { signNote } from '../../src/ledger/note/sign-note.ts';
import { writeSignedNote } from '../../src/ledger/note/signed-note.ts';
import { writeVerifierKey } from '../../src/ledger/note/verifier-key.ts';
import { writeTlogProof } from '../../src/ledger/proof/tlog-proof.ts';
import { proveInclusion } from '../../src/ledger/tree/prove.ts';
import { leaves, naiveRoot, nodesOf } from '../support/merkle.ts';
import { signedCheckpoint, testSigner } from '../support/notes.ts';

const log = testSigner('log.example', 'note', 1);
const signers = [
  log,
  testSigner('w.example', 'cosignature', 2),
  testSigner('m.example', 'cosignature-ml-dsa-44', 3),
];
const head = { origin: '0 log\u202e', size: 5n, root: naiveRoot(leaves(5)), extensions: ['more'] };
const checkpoint = signedCheckpoint(head, signers);
const proof = writeTlogProof({
  extra: utf8('x'),
  index: 2n,
  hashes: proveInclusion(2, 5, nodesOf(leaves(5))),
  checkpoint,
});
const letter = writeSignedNote('dear\n\nreader\n', [signNote('dear\n\nreader\n', log, 0n)]);

export const LEDGER_NOTE = fromUtf8(checkpoint, 'checkpoint');
export const LEDGER_PROOF = fromUtf8(proof, 'proof');
export const LEDGER_KEY = writeVerifierKey(log.key);

const signatures = [
  { name: 'log.example', id: log.key.id, bytes: 64, type: 'note' },
  expect.objectContaining({ name: 'w.example', bytes: 72, time: '2026-09-21T14:13:20Z' }),
  expect.objectContaining({ bytes: 2428, type: 'cosignature-ml-dsa-44' }),
];

/** What inspect knows of transparency logs. */
export const LEDGER_FORMATS: readonly (readonly [string, string, Uint8Array | string, object])[] = [
  [
    'a checkpoint, whose origin begins like DER',
    'signed note',
    checkpoint,
    { origin: '0 log\u202e', treeSize: '5', extensions: ['more'], signatures },
  ],
  ['a note of any text', 'signed note', letter, { text: ['dear', '', 'reader'] }],
  [
    'a proof',
    'transparency log proof',
    proof,
    { index: '2', extra: '78', checkpoint: expect.objectContaining({ treeSize: '5', signatures }) },
  ],
  ['a verifier key', 'verifier key of notes', `${LEDGER_KEY}\n`, { name: 'log.example' }],
  [
    'a verifier key that could be base64',
    'verifier key of notes',
    'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    { id: 'c74f20a3', type: 'note' },
  ],
];
