import { expect, it } from 'vitest';
import { fromUtf8 } from '../../../src/core/bytes/text.ts';
import { writeVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { writeTlogProof } from '../../../src/ledger/proof/tlog-proof.ts';
import { leafHash } from '../../../src/ledger/tree/hash.ts';
import { subtreeRoots } from '../../../src/ledger/tree/subtree.ts';
import { subtreePath } from '../../../src/ledger/tree/subtree-path.ts';
import { signedCheckpoint, type TestSigner, testSigner } from '../../support/notes.ts';
import { jsonOf } from '../fake-io.ts';
import { audit } from './ledgers.ts';

const entry = 'a leaf';
const log = testSigner('log.example', 'note', 1);
const plain = testSigner('w.example', 'cosignature', 2);
const modern = testSigner('m.example', 'cosignature-ml-dsa-44', 3);

/** A proof of a log of one leaf that one witness saw at a time. */
function verifySeen(witness: TestSigner, time: bigint, ...more: string[]) {
  const root = leafHash(new TextEncoder().encode(entry));
  const head = { origin: log.key.name, size: 1n, root, extensions: [] };
  const checkpoint = signedCheckpoint(head, [log, witness], time);
  const proof = writeTlogProof({ extra: undefined, index: 0n, hashes: [], checkpoint });
  const [logKey, witnessKey] = [log, witness].map(({ key }) => writeVerifierKey(key));
  const trust = `log ${logKey}\nwitness w ${witnessKey}\nquorum w\n`;
  return audit(
    ['audit', 'verify', 'proof', '--tlog-policy', 'trust', '--entry', 'entry', ...more],
    { files: { proof: fromUtf8(proof, 'proof'), trust, entry } },
  );
}

it.each([
  { name: 'now', witness: plain, time: 1_790_000_000n, at: '2026-09-21T14:13:20.000Z' },
  {
    name: 'at the last instant of the calendar',
    witness: plain,
    time: 8_640_000_000_000n,
    at: '+275760-09-13T00:00:00.000Z',
  },
  { name: 'beyond it', witness: plain, time: 8_640_000_000_001n, at: 'second 8640000000001' },
  {
    name: 'at the last second that a cosignature may name',
    witness: modern,
    time: 2n ** 63n - 1n,
    at: 'second 9223372036854775807',
  },
])('a witness that cosigned $name', async ({ witness, time, at }) => {
  const text = await verifySeen(witness, time);
  expect(text).toMatchObject({ exit: 0, err: '' });
  expect(text.out).toContain(`seen by w at ${at}\n`);
  const json = await verifySeen(witness, time, '--json');
  expect(jsonOf(json)).toMatchObject({ verdict: 'accept', witnesses: [{ name: 'w', at }] });
});

it('a witness that says nothing of the time', async () => {
  const text = await verifySeen(modern, 0n);
  expect(text).toMatchObject({ exit: 0, err: '' });
  expect(text.out).toContain('seen by w\n');
  const json = await verifySeen(modern, 0n, '--json');
  expect(jsonOf(json)).toMatchObject({ verdict: 'accept', witnesses: [{ name: 'w', at: null }] });
});

it('a log that is larger than numbers are exact', async () => {
  const [index, size] = [2n ** 53n + 1n, 2n ** 64n - 1n];
  const range = { start: index, end: index + 1n };
  const hashes = subtreePath(range, size, 'proof').siblings.map((_, i) =>
    new Uint8Array(32).fill(i),
  );
  const leaf = leafHash(new TextEncoder().encode(entry));
  const { whole: root } = subtreeRoots({ ...range, subtreeRoot: leaf, size, hashes });
  const head = { origin: log.key.name, size, root, extensions: [] };
  const checkpoint = signedCheckpoint(head, [log]);
  const proof = writeTlogProof({ extra: undefined, index, hashes, checkpoint });
  const verify = ['audit', 'verify', 'proof', '--log-key', writeVerifierKey(log.key)];
  const files = { proof: fromUtf8(proof, 'proof'), entry };
  const text = await audit([...verify, '--entry', 'entry'], { files });
  expect(text.out).toContain('leaf 9007199254740993 of log.example\n');
  expect(text.out).toContain('under a checkpoint of 18446744073709551615 leaves');
  const json = await audit([...verify, '--entry', 'entry', '--json'], { files });
  expect(jsonOf(json)).toMatchObject({
    verdict: 'accept',
    index: '9007199254740993',
    log: { origin: 'log.example', size: '18446744073709551615' },
  });
});

it('JSON that is no export is not called a broken one', async () => {
  const files = { bundle: '{ "v": 1, "cpu": {} }' };
  const ran = await audit(['audit', 'verify', 'bundle', '--log-key', writeVerifierKey(log.key)], {
    files,
  });
  expect(ran.exit).toBe(1);
  expect(ran.out).toContain('bundle: is nothing that is verified here; want a proof');
});
