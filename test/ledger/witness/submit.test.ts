import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { Fault } from '../../../src/core/fault.ts';
import { signNote } from '../../../src/ledger/note/sign-note.ts';
import { parseSignatureLines, parseSignedNote } from '../../../src/ledger/note/signed-note.ts';
import { verifyNote } from '../../../src/ledger/note/verify-note.ts';
import { parseAddCheckpoint } from '../../../src/ledger/witness/add-checkpoint.ts';
import { submitCheckpoint, type WitnessPeer } from '../../../src/ledger/witness/submit.ts';
import { flipped } from '../../support/merkle.ts';
import { TEST_TIME, testSigner } from '../../support/notes.ts';
import {
  headOf,
  history,
  tilesOf,
  WitnessMemory,
  witnessKeys,
  witnessOn,
  witnessSigners,
} from '../../support/witnessing.ts';

/** A witness as it is reached over a network, and the old sizes that it was asked with. */
function peer(): WitnessPeer & { readonly asked: bigint[] } {
  const witness = witnessOn(new WitnessMemory());
  const asked: bigint[] = [];
  return {
    name: 'w',
    keys: witnessKeys,
    asked,
    post: async (body) => {
      asked.push(parseAddCheckpoint(body).oldSize);
      const answer = await witness.addCheckpoint(body);
      return { status: answer.status, body: utf8(answer.body) };
    },
  };
}

const submit = (to: WitnessPeer, leaves: readonly Uint8Array[], old?: number) =>
  submitCheckpoint(to, headOf(leaves), tilesOf(leaves), old);

/** A witness that answers what it is told to, one after another, the last for ever. */
function answering(...answers: readonly { status: number; body: string | Uint8Array }[]) {
  let next = 0;
  const post = async () => {
    const { status, body } = answers[Math.min(next++, answers.length - 1)] ?? answers[0] ?? gone();
    return { status, body: typeof body === 'string' ? utf8(body) : body };
  };
  return { name: 'w', keys: witnessKeys, post };
}

function gone(): never {
  throw new Error('no answers');
}

describe('a witness', () => {
  it('cosigns the first state, each that grows from it, and the same again', async () => {
    const witness = peer();
    for (const size of [3, 4, 100, 100, 255]) {
      const lines = await submit(witness, history(size));
      const note = concatBytes(headOf(history(size)).checkpoint, utf8(lines.join('')));
      expect(verifyNote(parseSignedNote(note), witnessKeys)).toHaveLength(2);
    }
    // It is asked from nothing, and says where it is.
    expect(witness.asked.map(Number)).toEqual([0, 0, 3, 0, 4, 0, 100, 0, 100]);
  });

  it('that is where it is thought to be is asked once', async () => {
    const witness = peer();
    await submit(witness, history(3));
    await submit(witness, history(9), 3);
    await submit(witness, history(20), 5);
    expect(witness.asked.map(Number)).toEqual([0, 3, 5, 9]);
  });

  it('that has seen more is an alarm', async () => {
    const witness = peer();
    await submit(witness, history(9));
    const older = { code: 'conflict', at: 'w', detail: expect.stringContaining('older copy') };
    await expect(submit(witness, history(8))).rejects.toMatchObject(older);
    const asked = witness.asked.length;
    await expect(submit(witness, history(8), 9)).rejects.toMatchObject(older);
    expect(witness.asked).toHaveLength(asked);
  });

  it.each([
    { what: 'at the same size', size: 5 },
    { what: 'further on', size: 9 },
  ])('that has seen another log $what is an alarm', async ({ size }) => {
    for (const old of [0, 5]) {
      const witness = peer();
      await submit(witness, history(5));
      const forked = submit(witness, history(size, { from: 4 }), old);
      await expect(forked).rejects.toMatchObject({
        code: 'conflict',
        at: 'w',
        detail: expect.stringContaining('5 leaves: a fork'),
      });
    }
  });

  it('is never sent what our tiles don’t come to', async () => {
    const witness = peer();
    await submit(witness, history(5));
    const wrong = submitCheckpoint(witness, headOf(history(9)), tilesOf(history(9, { from: 2 })));
    await expect(wrong).rejects.toMatchObject({ code: 'malformed', at: 'tiles.root' });
  });
});

const head = headOf(history(5));
const text = parseSignedNote(head.checkpoint).text;
const own = witnessSigners.map((signer) => signNote(text, signer, TEST_TIME));
const foreign = signNote(text, testSigner('else.example', 'cosignature', 3), TEST_TIME);
const ofOther = witnessSigners.map((signer) =>
  signNote(parseSignedNote(headOf(history(6)).checkpoint).text, signer, TEST_TIME),
);
const damagedLine = () => {
  const [line = ''] = own;
  const at = line.length - 20;
  return `${line.slice(0, at)}${line[at] === 'A' ? 'B' : 'A'}${line.slice(at + 1)}`;
};

describe('an answer', () => {
  it.each([
    { what: 'both lines', body: own.join(''), lines: own },
    { what: 'one line', body: own[0] ?? '', lines: own.slice(0, 1) },
    { what: 'lines of others among its own', body: `${foreign}${own.join('')}`, lines: own },
  ])('of $what: its own are kept', async ({ body, lines }) => {
    expect(await submit(answering({ status: 200, body }), history(5))).toEqual(lines);
    expect(parseSignatureLines(utf8(body)).length).toBeGreaterThanOrEqual(lines.length);
  });

  it.each([
    { what: 'nothing', body: '' },
    { what: 'lines of others alone', body: foreign },
    { what: 'a signature of another state', body: ofOther.join('') },
    { what: 'a damaged signature', body: damagedLine() },
    { what: 'a good and a damaged one', body: `${own[1]}${damagedLine()}` },
    { what: 'an empty line before', body: `\n${own[0]}` },
    { what: 'no newline at the end', body: (own[0] ?? '').slice(0, -1) },
    { what: 'the note before', body: concatBytes(head.checkpoint, utf8(own.join(''))) },
    { what: 'no UTF-8', body: Uint8Array.of(0xff, 0xfe, 0x0a) },
    { what: 'a page', body: '<html>\n<body>ok</body>\n</html>\n' },
  ])('of $what is no cosignature', async ({ body }) => {
    await expect(submit(answering({ status: 200, body }), history(5))).rejects.toMatchObject({
      code: 'malformed',
      at: expect.stringMatching(/^w/),
    });
  });

  it.each([
    { what: 'no number', body: 'five\n' },
    { what: 'nothing', body: '' },
    { what: 'two numbers', body: '5\n6\n' },
    { what: 'more than can be counted', body: `${2n ** 60n}\n` },
    { what: 'a page', body: '<html>'.repeat(99) },
  ])('409 with $what is no size', async ({ body }) => {
    await expect(submit(answering({ status: 409, body }), history(5))).rejects.toMatchObject({
      code: 'malformed',
      at: expect.stringMatching(/^w/),
    });
  });

  it.each([400, 403, 404, 413, 422, 429, 500, 503, 302, 204])('of %i is said', async (status) => {
    const body = `because\u001b[2J ${'x'.repeat(1000)}`;
    const fault = await submit(answering({ status, body }), history(5)).catch((e: unknown) => e);
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ code: 'unreachable', at: 'w' });
    expect((fault as Fault).detail).toMatch(new RegExp(`^answered ${status}: because`));
    expect((fault as Fault).detail.length).toBeLessThan(250);
  });

  it('with another size at each try is given up', async () => {
    const flapping = answering(
      ...[3, 4, 3, 4, 3].map((size) => ({ status: 409, body: `${size}\n` })),
    );
    await expect(submit(flapping, history(9))).rejects.toMatchObject({
      code: 'unreachable',
      at: 'w',
      detail: expect.stringContaining('another size'),
    });
  });

  it('409 that names the 0 it was asked with is no fork: it contradicts itself', async () => {
    const answer = answering({ status: 409, body: '0\n' });
    await expect(submit(answer, history(5))).rejects.toMatchObject({
      code: 'unreachable',
      at: 'w',
      detail: expect.stringContaining('contradicts itself'),
    });
  });

  it('with a size without a newline is read', async () => {
    const later = answering({ status: 409, body: '3' }, { status: 200, body: own.join('') });
    expect(await submit(later, history(5))).toEqual(own);
  });

  it('that does not come is the caller’s to hear of', async () => {
    const fault = new Fault('unreachable', 'https://w', 'the witness does not answer');
    const silent = { name: 'w', keys: witnessKeys, post: () => Promise.reject(fault) };
    await expect(submit(silent, history(5))).rejects.toBe(fault);
  });
});

it('a bit flipped anywhere in an answer makes no other lines of it', async () => {
  const body = utf8(own.join(''));
  for (let bit = 0; bit < 8 * body.length; bit += 37) {
    const lines = await submit(
      answering({ status: 200, body: flipped(body, bit) }),
      history(5),
    ).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'malformed' });
      return [];
    });
    for (const line of lines) expect(own).toContain(line);
  }
});
