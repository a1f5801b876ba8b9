import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { Fault } from '../../../src/core/fault.ts';
import { parseSignedNote } from '../../../src/ledger/note/signed-note.ts';
import { verifyNote } from '../../../src/ledger/note/verify-note.ts';
import {
  type ForkProof,
  parseForkProof,
  verifyForkProof,
  writeForkProof,
} from '../../../src/ledger/proof/fork-proof.ts';
import { proveConsistency } from '../../../src/ledger/tree/prove.ts';
import { flipped, naiveRoot, nodesOf } from '../../support/merkle.ts';
import { testSigner } from '../../support/notes.ts';
import {
  history,
  LOG,
  logSigner,
  noteOf,
  requestOf,
  WITNESS_TIME,
  WitnessMemory,
  witnessKeys,
  witnessOn,
  witnessSigners,
} from '../../support/witnessing.ts';

/** A witness that has seen the first five leaves. */
async function atFive() {
  const store = new WitnessMemory();
  const witness = witnessOn(store);
  expect(await witness.addCheckpoint(requestOf(0, history(5)))).toMatchObject({ status: 200 });
  return { store, witness };
}

it('each state that goes on from the last is cosigned by both keys, at the witness’s time', async () => {
  const store = new WitnessMemory();
  const witness = witnessOn(store);
  let old = 0;
  for (const size of [0, 0, 1, 1, 2, 5, 5, 8, 13, 100]) {
    const answer = await witness.addCheckpoint(requestOf(old, history(size)));
    expect(answer).toMatchObject({ status: 200, type: 'text/plain; charset=utf-8' });
    const note = concatBytes(noteOf(history(size)), utf8(answer.body));
    const good = verifyNote(parseSignedNote(note), witnessKeys);
    expect(good.map(({ key }) => key)).toEqual(witnessKeys);
    expect(good.map(({ time }) => time)).toEqual([1_790_000_123n, 1_790_000_123n]);
    expect(store.states.get(LOG)).toEqual({
      size: BigInt(size),
      root: naiveRoot(history(size)),
      note: noteOf(history(size)),
    });
    old = size;
  }
  expect(WITNESS_TIME).toBe(1_790_000_123_456);
});

it('what is cosigned is stored first', async () => {
  const store = new WitnessMemory();
  const order: string[] = [];
  const slow = {
    last: (origin: string) => store.last(origin),
    advance: async (...args: Parameters<typeof store.advance>) => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push('stored');
      return store.advance(...args);
    },
  };
  const signer = testSigner('w', 'cosignature', 5);
  const signing = {
    ...signer,
    sign: (message: Uint8Array) => {
      order.push('signed');
      return signer.sign(message);
    },
  };
  await witnessOn(slow, [signing]).addCheckpoint(requestOf(0, history(3)));
  expect(order).toEqual(['stored', 'signed']);
});

it('what can’t be stored, or is stored no more, is not cosigned', async () => {
  const fault = new Fault('malformed', 'witnessed[x]', 'is not what was stored');
  const fails = () => Promise.reject(fault);
  const good = new WitnessMemory();
  const last = good.last.bind(good);
  const advance = good.advance.bind(good);
  for (const store of [
    { last: fails, advance },
    { last, advance: fails },
  ]) {
    await expect(witnessOn(store).addCheckpoint(requestOf(0, history(3)))).rejects.toBe(fault);
  }
});

describe('a request that shows a fork', () => {
  const asked = async (body: Uint8Array) => {
    const forks: ForkProof[] = [];
    const witness = witnessOn((await atFive()).store, witnessSigners, forks);
    return { status: (await witness.addCheckpoint(body)).status, forks };
  };

  it.each([
    { how: 'at the size that was cosigned', body: requestOf(5, history(5, { from: 4 })), size: 5 },
    { how: 'at that size, from another', body: requestOf(3, history(5, { from: 4 })), size: 5 },
    {
      how: 'by a good proof from another tree',
      body: requestOf(5, history(9, { from: 2 })),
      size: 9,
    },
  ])('$how is refused, and kept so that it proves itself', async ({ body, size }) => {
    const { status, forks } = await asked(body);
    expect(status).not.toBe(200);
    expect(forks).toHaveLength(1);
    const [fork] = forks as [ForkProof];
    const proven = verifyForkProof(parseForkProof(writeForkProof(fork)), [logSigner.key]);
    expect([proven.smaller.size, proven.larger.size]).toEqual([5n, BigInt(size)]);
    expect(fork.smaller).toEqual(noteOf(history(5)));
  });

  it.each([
    {
      how: 'the log’s own, and a proof of nothing',
      body: requestOf(5, history(9), { hashes: history(3) }),
    },
    { how: 'one from another size', body: requestOf(3, history(9, { from: 2 })) },
    {
      how: 'one that a stranger signed',
      body: requestOf(5, history(5, { from: 4 }), { signers: [testSigner(LOG, 'note', 66)] }),
    },
    { how: 'one that goes on', body: requestOf(5, history(9)) },
    { how: 'the same again', body: requestOf(5, history(5)) },
  ])('$how shows none', async ({ body }) => {
    expect((await asked(body)).forks).toEqual([]);
  });
});

const stranger = testSigner(LOG, 'note', 66);

describe('a request is refused', () => {
  it.each([
    { why: 'that is nothing', body: new Uint8Array(), status: 400 },
    { why: 'that is text', body: utf8('hello\n'), status: 400 },
    {
      why: 'without a line of the old size',
      body: concatBytes(utf8('\n'), noteOf(history(6))),
      status: 400,
    },
    {
      why: 'whose old size has a leading zero',
      body: concatBytes(utf8('old 05\n\n'), noteOf(history(6))),
      status: 400,
    },
    { why: 'whose old size is beyond the checkpoint', body: requestOf(7, history(6)), status: 400 },
    {
      why: 'with 64 hashes',
      body: requestOf(5, history(6), { hashes: history(64) }),
      status: 400,
    },
    {
      why: 'of a log that is not witnessed',
      body: requestOf(5, history(6), { origin: 'log.example/other' }),
      status: 404,
    },
    {
      why: 'that a stranger signed',
      body: requestOf(5, history(6), { signers: [stranger] }),
      status: 403,
    },
    {
      why: 'that is signed well by a stranger, and badly by the log',
      body: requestOf(5, history(6), {
        signers: [stranger, { ...logSigner, sign: () => new Uint8Array(64) }],
      }),
      status: 403,
    },
    {
      why: 'whose proof has one hash too many',
      body: requestOf(5, history(6), {
        hashes: [...proveConsistency(5, 6, nodesOf(history(6))), ...history(1)],
      }),
      status: 422,
    },
    { why: 'without a proof', body: requestOf(5, history(6), { hashes: [] }), status: 422 },
    {
      why: 'whose proof has a flipped bit',
      body: requestOf(5, history(6), {
        hashes: proveConsistency(5, 6, nodesOf(history(6))).map((hash) => flipped(hash, 3)),
      }),
      status: 422,
    },
    {
      why: 'that goes on from another history',
      body: requestOf(5, history(9, { from: 4 })),
      status: 422,
    },
    {
      why: 'with a proof where the size is the same',
      body: requestOf(5, history(5), { hashes: history(1) }),
      status: 422,
    },
  ])('$why: $status', async ({ body, status }) => {
    const { store, witness } = await atFive();
    const before = new Map(store.states);
    const answer = await witness.addCheckpoint(body);
    expect(answer).toMatchObject({ status, type: 'text/plain; charset=utf-8' });
    expect(answer.body).toMatch(/^[^—]+\n$/);
    expect(store.states).toEqual(before);
  });

  it('with a proof from nothing: 422', async () => {
    const body = requestOf(0, history(3), { hashes: history(1) });
    expect(await witnessOn(new WitnessMemory()).addCheckpoint(body)).toMatchObject({ status: 422 });
  });

  it.each([
    { why: 'from nothing', body: requestOf(0, history(6)) },
    { why: 'from a smaller state', body: requestOf(4, history(6)) },
    { why: 'from a larger one', body: requestOf(6, history(6)) },
    { why: 'back to where the log was', body: requestOf(3, history(3)) },
    { why: 'of the same size and another root', body: requestOf(5, history(5, { from: 4 })) },
    {
      why: 'of the same size and another root, with a proof',
      body: requestOf(5, history(5, { from: 4 }), { hashes: history(1) }),
    },
  ])('$why: 409, with the size that was cosigned last', async ({ body }) => {
    const { store, witness } = await atFive();
    const before = new Map(store.states);
    expect(await witness.addCheckpoint(body)).toEqual({
      status: 409,
      type: 'text/x.tlog.size',
      body: '5\n',
    });
    expect(store.states).toEqual(before);
  });

  it('of a log that was never seen, from a size that it is said to have: 409, 0', async () => {
    const answer = await witnessOn(new WitnessMemory()).addCheckpoint(requestOf(3, history(6)));
    expect(answer).toMatchObject({ status: 409, body: '0\n' });
  });
});

it('of two forks that come at once one is cosigned, and the other is told where', async () => {
  for (const old of [0, 5]) {
    const { store, witness } = old === 5 ? await atFive() : fresh();
    const answers = await Promise.all([
      witness.addCheckpoint(requestOf(old, history(8))),
      witness.addCheckpoint(requestOf(old, history(9, { from: 5 }))),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 409]);
    expect(answers[1]).toMatchObject({ body: '8\n', type: 'text/x.tlog.size' });
    expect(store.states.get(LOG)?.root).toEqual(naiveRoot(history(8)));
    expect(store.calls.slice(-5)).toEqual([
      'last',
      'last',
      `advance ${old}`,
      `advance ${old}`,
      'last',
    ]);
  }
});

function fresh() {
  const store = new WitnessMemory();
  return { store, witness: witnessOn(store) };
}
