import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import {
  type ForkProof,
  parseForkProof,
  verifyForkProof,
  writeForkProof,
} from '../../../src/ledger/proof/fork-proof.ts';
import { proveConsistency } from '../../../src/ledger/tree/prove.ts';
import { faultOf } from '../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { flipped, naiveRoot, nodesOf } from '../../support/merkle.ts';
import { testSigner } from '../../support/notes.ts';
import { asView } from '../../support/view.ts';
import { history, LOG, logSigner, noteOf } from '../../support/witnessing.ts';

const other = (size: number) => history(size, { from: 4 });
const proofOf = (small: number, large: number): ForkProof => ({
  smaller: noteOf(history(small)),
  larger: noteOf(other(large)),
  prefix: naiveRoot(other(large).slice(0, small)),
  hashes: small === large ? [] : proveConsistency(small, large, nodesOf(other(large))),
});
const KEYS = [logSigner.key];

it.each([
  [5, 5],
  [5, 6],
  [8, 9],
  [7, 200],
  [128, 255],
])('two states of %i and %i leaves prove it by themselves', (small, large) => {
  const proof = parseForkProof(asView(writeForkProof(proofOf(small, large))));
  const { smaller, larger } = verifyForkProof(proof, KEYS);
  expect([smaller.origin, smaller.size, larger.size]).toEqual([LOG, BigInt(small), BigInt(large)]);
});

const good = proofOf(7, 200);
const stranger = testSigner(LOG, 'note', 66);

it.each<[string, ForkProof, string]>([
  ['states that go together', { ...good, smaller: noteOf(other(7)) }, 'fork.prefix'],
  [
    'states in the other order',
    { ...good, smaller: good.larger, larger: good.smaller },
    'fork.size2',
  ],
  ['another root before', { ...good, prefix: naiveRoot(history(7)) }, 'fork.subtreeRoot'],
  [
    'a hash that was altered',
    { ...good, hashes: good.hashes.map((h, i) => (i === 1 ? flipped(h, 9) : h)) },
    'fork.',
  ],
  ['a hash too few', { ...good, hashes: good.hashes.slice(1) }, 'fork.hashes'],
  ['an empty state', { ...good, smaller: noteOf([]) }, 'fork.size1'],
  [
    'a smaller state that a stranger signed',
    { ...good, smaller: noteOf(history(7), { signers: [stranger] }) },
    'fork.smaller',
  ],
  ['a larger one', { ...good, larger: noteOf(other(200), { signers: [stranger] }) }, 'fork.larger'],
  ['what is no note', { ...good, larger: utf8('hello\n') }, 'fork.larger'],
])('%s prove nothing', (_what, proof, at) => {
  const fault = faultOf(() => verifyForkProof(proof, KEYS));
  expect(fault).toMatchObject({ code: 'malformed', at: expect.stringContaining(at) });
});

it('states of two logs under keys of both prove nothing', () => {
  const second = testSigner('log.example/second', 'note', 67);
  const larger = noteOf(other(200), { origin: 'log.example/second', signers: [second] });
  const fault = faultOf(() => verifyForkProof({ ...good, larger }, [...KEYS, second.key]));
  expect(fault).toMatchObject({ code: 'malformed', at: 'fork.larger.origin' });
});

fuzz(
  'a proof that is read is written in the same bytes',
  damaged(writeForkProof(good)),
  (bytes) => {
    const proof = orRefused(() => parseForkProof(bytes));
    if (proof !== undefined) expect(writeForkProof(proof)).toEqual(bytes);
  },
);
