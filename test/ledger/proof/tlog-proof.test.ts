import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import type { Fault } from '../../../src/core/fault.ts';
import { writeVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { parseTlogProof, writeTlogProof } from '../../../src/ledger/proof/tlog-proof.ts';
import { verifyTlogProof } from '../../../src/ledger/proof/verify-proof.ts';
import { proveInclusion } from '../../../src/ledger/tree/prove.ts';
import { parseTlogPolicy } from '../../../src/ledger/trust/tlog-policy.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { entries, flipped, leaves, naiveRoot, nodesOf } from '../../support/merkle.ts';
import { signedCheckpoint, testSigner } from '../../support/notes.ts';
import { asView } from '../../support/view.ts';

const SIZE = 11;
const INDEX = 6;
const log = testSigner('log.example', 'note', 1);
const witness = testSigner('witness.example', 'cosignature', 2);
const policy = parseTlogPolicy(
  utf8(`log ${writeVerifierKey(log.key)}\nwitness W ${writeVerifierKey(witness.key)}\nquorum W\n`),
);
const head = {
  origin: 'log.example',
  size: BigInt(SIZE),
  root: naiveRoot(leaves(SIZE)),
  extensions: [],
};
const [entry = utf8('')] = entries(SIZE).slice(INDEX);
const plain = {
  extra: undefined,
  index: BigInt(INDEX),
  hashes: proveInclusion(INDEX, SIZE, nodesOf(leaves(SIZE))),
  checkpoint: signedCheckpoint(head, [log, witness]),
};
const good = writeTlogProof(plain);
const text = fromUtf8(good, 'proof');
const refusal = (at: string) => expect.objectContaining({ code: 'malformed', at }) as Fault;

it('reads what it writes', () => {
  const proof = parseTlogProof(asView(good));
  expect(proof).toMatchObject(plain);
  expect(proof.signed.checkpoint).toEqual(head);
  const extra = utf8('more');
  expect(parseTlogProof(writeTlogProof({ ...plain, extra })).extra).toEqual(extra);
});

it('verifies an entry by a policy', () => {
  const judgement = verifyTlogProof(parseTlogProof(good), entry, policy);
  expect(judgement.witnesses).toHaveLength(1);
});

it('takes a tree of one leaf, whose proof has no hashes', () => {
  const one = { ...head, size: 1n, root: naiveRoot(leaves(1)) };
  const checkpoint = signedCheckpoint(one, [log, witness]);
  const bytes = writeTlogProof({ extra: undefined, index: 0n, hashes: [], checkpoint });
  verifyTlogProof(parseTlogProof(bytes), utf8('entry 0'), policy);
});

describe('parseTlogProof refuses', () => {
  const hash = /^[A-Za-z0-9+/]{43}=$/m.exec(text)?.[0] ?? '';
  const edited = (from: string | RegExp, to: string) => text.replace(from, to);
  it.each([
    { name: 'nothing', proof: '', at: 'proof' },
    { name: 'another version', proof: edited('@v1', '@v2'), at: 'proof.header' },
    { name: 'a header with a space', proof: edited('@v1', '@v1 '), at: 'proof.header' },
    { name: 'no header', proof: edited(/^.*\n/, ''), at: 'proof.header' },
    { name: 'carriage returns', proof: text.replaceAll('\n', '\r\n'), at: 'proof' },
    { name: 'no index', proof: edited('index 6\n', ''), at: 'proof.index' },
    {
      name: 'an index behind a hash',
      proof: edited(`index 6\n${hash}`, `${hash}\nindex 6`),
      at: 'proof.index',
    },
    { name: 'a negative index', proof: edited('index 6', 'index -6'), at: 'proof.index' },
    {
      name: 'an index with a zero in front',
      proof: edited('index 6', 'index 06'),
      at: 'proof.index',
    },
    { name: 'an index in words', proof: edited('index 6', 'index six'), at: 'proof.index' },
    { name: 'two spaces', proof: edited('index 6', 'index  6'), at: 'proof.index' },
    {
      name: 'an index of 65 bits',
      proof: edited('index 6', 'index 18446744073709551616'),
      at: 'proof.index',
    },
    { name: 'two indexes', proof: edited('index 6', 'index 6\nindex 6'), at: 'proof.hashes[0]' },
    {
      name: 'extra behind the index',
      proof: edited('index 6', 'index 6\nextra YQ=='),
      at: 'proof.hashes[0]',
    },
    { name: 'extra of nothing', proof: edited('index', 'extra \nindex'), at: 'proof.extra' },
    {
      name: 'extra that is no base64',
      proof: edited('index', 'extra YQ\nindex'),
      at: 'proof.extra',
    },
    {
      name: 'extra twice',
      proof: edited('index', 'extra YQ==\nextra YQ==\nindex'),
      at: 'proof.index',
    },
    { name: 'a short hash', proof: edited(hash, 'YQ=='), at: 'proof.hashes[0]' },
    { name: 'a long hash', proof: edited(hash, 'A'.repeat(44)), at: 'proof.hashes[0]' },
    { name: 'a hash that is no base64', proof: edited(hash, hash.slice(1)), at: 'proof.hashes[0]' },
    { name: 'a space behind a hash', proof: edited(hash, `${hash} `), at: 'proof.hashes[0]' },
    {
      name: 'more hashes than a tree is high',
      proof: edited(hash, `${hash}\n`.repeat(64) + hash),
      at: 'proof.hashes',
    },
    { name: 'no empty line', proof: edited('\n\n', '\n').split('\n\n')[0] ?? '', at: 'proof' },
    { name: 'two empty lines', proof: edited('\n\n', '\n\n\n'), at: 'proof.checkpoint.origin' },
    {
      name: 'no checkpoint',
      proof: text.slice(0, text.indexOf('\n\n') + 2),
      at: 'proof.checkpoint',
    },
    { name: 'no last newline', proof: text.slice(0, -1), at: 'proof.checkpoint' },
    {
      name: 'a damaged checkpoint',
      proof: edited('log.example\n11\n', 'log.example\n011\n'),
      at: 'proof.checkpoint.size',
    },
    {
      name: 'more than is read',
      proof: edited('index', `extra ${'A'.repeat(2_000_000)}\nindex`),
      at: 'proof',
    },
  ])('$name', ({ proof, at }) => {
    expect(() => parseTlogProof(utf8(proof))).toThrow(refusal(at));
  });

  it('and writes none of it', () => {
    expect(() => writeTlogProof({ ...plain, extra: new Uint8Array() })).toThrow('proof.extra');
    expect(() => writeTlogProof({ ...plain, index: -1n })).toThrow('proof.index');
    expect(() => writeTlogProof({ ...plain, hashes: [utf8('a')] })).toThrow('proof.hashes[0]');
    expect(() => writeTlogProof({ ...plain, checkpoint: utf8('a') })).toThrow('proof.checkpoint');
  });
});

describe('verifyTlogProof refuses', () => {
  const verify = (change: Partial<typeof plain>, what = entry) =>
    verifyTlogProof(parseTlogProof(writeTlogProof({ ...plain, ...change })), what, policy);
  it.each([
    { name: 'another index', change: { index: 7n }, at: 'proof.root' },
    { name: 'an index beyond', change: { index: 11n }, at: 'proof.index' },
    { name: 'a hash too few', change: { hashes: plain.hashes.slice(1) }, at: 'proof.hashes' },
    {
      name: 'a hash too many',
      change: { hashes: [...plain.hashes, head.root] },
      at: 'proof.hashes',
    },
    {
      name: 'a checkpoint without its witness',
      change: { checkpoint: signedCheckpoint(head, [log]) },
      at: 'proof.checkpoint',
    },
    {
      name: 'a checkpoint without its log',
      change: { checkpoint: signedCheckpoint(head, [witness]) },
      at: 'proof.checkpoint',
    },
    {
      name: 'a checkpoint of a larger tree',
      change: { checkpoint: signedCheckpoint({ ...head, size: 24n }, [log, witness]) },
      at: 'proof.hashes',
    },
  ])('$name', ({ change, at }) => {
    expect(() => verify(change)).toThrow(refusal(at));
  });

  it('another entry', () => {
    expect(() => verify({}, utf8('entry 7'))).toThrow(refusal('proof.root'));
    expect(() => verify({}, flipped(entry, 3))).toThrow(refusal('proof.root'));
  });
});

fuzz('damage to a proof is refused, or leaves it a proof of the same', damaged(good), (bytes) => {
  const proof = orRefused(() => parseTlogProof(bytes));
  if (proof === undefined) return;
  expect(writeTlogProof(proof)).toEqual(Uint8Array.from(bytes));
  const judgement = orRefused(() => verifyTlogProof(proof, entry, policy));
  if (judgement) {
    expect(proof.index).toBe(plain.index);
    expect(proof.hashes).toEqual(plain.hashes);
    expect(judgement.checkpoint).toEqual(head);
  }
});
