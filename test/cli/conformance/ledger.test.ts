import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { writeVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { writeTlogProof } from '../../../src/ledger/proof/tlog-proof.ts';
import { writeEntryBundle } from '../../../src/ledger/tiles/entry-bundle.ts';
import { proveConsistency, proveInclusion } from '../../../src/ledger/tree/prove.ts';
import { entries, leaves, naiveRoot, nodesOf } from '../../support/merkle.ts';
import { signedCheckpoint, testSigner } from '../../support/notes.ts';
import { conformance } from './cases.ts';

const SIZE = 5;
const all = leaves(SIZE);
const nodes = nodesOf(all);
const root = naiveRoot(all);
const log = testSigner('log.example', 'note', 1);
const witness = testSigner('w.example', 'cosignature', 2);
const head = { origin: 'log.example', size: BigInt(SIZE), root, extensions: [] };
const proofOf = (...signers: (typeof log)[]) =>
  writeTlogProof({
    extra: undefined,
    index: 2n,
    hashes: proveInclusion(2, SIZE, nodes),
    checkpoint: signedCheckpoint(head, signers),
  });

const vector = {
  name: 'good',
  size1: '3',
  size2: '5',
  root1: toBase64(naiveRoot(all.slice(0, 3))),
  root2: toBase64(root),
  proof: proveConsistency(3, SIZE, nodes).map(toBase64),
  wantErr: false,
};
const tree = {
  leaves: entries(SIZE).map(toHex),
  leafHashes: all.map(toHex),
  roots: [{ size: 5, root: toHex(root) }],
  inclusion: [{ index: 2, size: 5, proof: proveInclusion(2, SIZE, nodes).map(toHex) }],
  consistency: [{ size1: 3, size2: 5, proof: proveConsistency(3, SIZE, nodes).map(toHex) }],
};

const files = {
  'v/vectors.json': JSON.stringify([vector, { ...vector, name: 'bad', size1: '2', wantErr: true }]),
  'v/lenient.json': JSON.stringify([{ ...vector, name: 'bad', size1: '2' }]),
  'v/strict.json': JSON.stringify([{ ...vector, wantErr: true }]),
  'v/unread.json': JSON.stringify([{ ...vector, size1: 'two', wantErr: true }]),
  'v/tree.json': JSON.stringify(tree),
  'v/bad-root.json': JSON.stringify({ ...tree, roots: [{ size: 4, root: toHex(root) }] }),
  'v/bad-proof.json': JSON.stringify({ ...tree, inclusion: [{ index: 2, size: 5, proof: [] }] }),
  'v/checkpoint': signedCheckpoint(head, [log]),
  'v/vkey': `${writeVerifierKey(log.key)}\n`,
  'v/witness': writeVerifierKey(witness.key),
  'v/tile': concatBytes(...all),
  'v/entries': writeEntryBundle(entries(SIZE)),
  'v/other-tile': concatBytes(...leaves(6).slice(1)),
  'v/other-entries': writeEntryBundle(entries(SIZE).toReversed()),
  'v/proof': proofOf(log, witness),
  'v/unwitnessed': proofOf(log),
  'v/entry': entries(3).at(-1) ?? utf8(''),
};

const trusting = { at: null, trust: 'test-root', trustFile: 'vkey' };
const trustless = { at: null, trust: 'none' };
const perVector = (vectors: string, expected: object) => ({
  id: vectors,
  files: { vectors },
  ...trustless,
  expect: { verdict: 'per-vector', ...expected },
});
const withTree = (name: string, expected: object) => ({
  id: name,
  files: { tree: name },
  ...trustless,
  expect: expected,
});
const checkpoint = (more: object, expected: object) => ({
  id: JSON.stringify(more),
  files: { checkpoint: 'checkpoint', ...more },
  ...trusting,
  expect: expected,
});
const proof = (name: string, expected: object, witnessVkey = 'witness') => ({
  id: name,
  files: { proof: name, entry: 'entry', logVkey: 'vkey', witnessVkey },
  ...trusting,
  expect: expected,
});
const fields = { origin: 'log.example', size: '5' };

it('runs every kind of the ledger', async () => {
  const { exit, reports } = await conformance(
    [
      perVector('vectors.json', { vectors: 2, accept: 1, reject: 1 }),
      withTree('tree.json', { verdict: 'accept' }),
      checkpoint(
        { tile: 'tile', entries: 'entries' },
        { verdict: 'accept', fields: { ...fields, root: toHex(root) } },
      ),
      checkpoint({}, { verdict: 'accept', fields: { ...fields, root: toBase64(root) } }),
      {
        ...checkpoint({}, { verdict: 'reject', fields, failed: ['checkpoint.signatures'] }),
        ...trustless,
      },
      checkpoint({ tile: 'other-tile' }, { verdict: 'reject', failed: ['checkpoint.tile'] }),
      checkpoint(
        { entries: 'other-entries' },
        { verdict: 'reject', authentic: true, failed: ['checkpoint.entries'] },
      ),
      checkpoint({ tile: 'entries' }, { verdict: 'reject', failed: ['checkpoint.tile'] }),
      { ...trusting, id: 'note', files: { note: 'checkpoint' }, expect: { verdict: 'accept' } },
      proof('proof', { verdict: 'accept', fields: { index: '2', size: '5' } }),
      proof('unwitnessed', { verdict: 'reject', failed: ['proof.checkpoint'] }),
      { ...proof('proof', { verdict: 'reject', failed: ['proof.checkpoint'] }), ...trustless },
    ],
    files,
  );
  expect(reports.flatMap(({ differs }) => differs)).toEqual([]);
  expect(exit).toBe(0);
});

describe('tells of', () => {
  it.each([
    ['a count that differs', perVector('vectors.json', { accept: 2 }), /^accept: want 2, got 1$/],
    ['a bad proof that passes', perVector('lenient.json', {}), /^verdict: want accept/],
    ['a good proof that is refused', perVector('strict.json', {}), /^verdict: want accept/],
    ['a vector that can’t be read', perVector('unread.json', {}), /^vectors\[0\]\.size1/],
    ['another root', withTree('bad-root.json', { verdict: 'accept' }), /^verdict: want accept/],
    ['another proof', withTree('bad-proof.json', { verdict: 'accept' }), /^verdict: want accept/],
    [
      'another field',
      checkpoint({}, { verdict: 'accept', fields: { size: '6' } }),
      /^size: want "6", got "5"$/,
    ],
  ])('%s', async (_, testCase, says) => {
    const { exit, reports } = await conformance([testCase], files);
    expect([exit, reports[0]?.differs[0]]).toEqual([1, expect.stringMatching(says)]);
  });
});

it('has cases whose text is what it should be', () => {
  expect(fromUtf8(files['v/checkpoint'], 'checkpoint')).toMatch(/^log\.example\n5\n/);
});
