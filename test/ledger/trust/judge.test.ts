import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { Fault } from '../../../src/core/fault.ts';
import { writeCheckpointText } from '../../../src/ledger/note/checkpoint.ts';
import { signNote } from '../../../src/ledger/note/sign-note.ts';
import { writeSignedNote } from '../../../src/ledger/note/signed-note.ts';
import { writeVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { judgeCheckpoint, verifyCheckpoint } from '../../../src/ledger/trust/judge.ts';
import { parseTlogPolicy } from '../../../src/ledger/trust/tlog-policy.ts';
import { leaves, naiveRoot } from '../../support/merkle.ts';
import { signedCheckpoint, TEST_TIME, testSigner } from '../../support/notes.ts';

const log = testSigner('log.example', 'note', 1);
const [a, b, c] = [2, 3, 4].map((seed) => testSigner(`w${seed}.example`, 'cosignature', seed)) as [
  typeof log,
  typeof log,
  typeof log,
];
const modern = testSigner('m.example', 'cosignature-ml-dsa-44', 5);
const stranger = testSigner('stranger.example', 'cosignature', 6);
const checkpoint = { origin: 'log.example', size: 3n, root: naiveRoot(leaves(3)), extensions: [] };
const vkey = ({ key }: typeof log) => writeVerifierKey(key);

const DEFINITIONS =
  `log ${vkey(log)}\nwitness A ${vkey(a)}\nwitness B ${vkey(b)}\nwitness C ${vkey(c)}\n` +
  `witness M ${vkey(modern)}\n`;
const policy = (rest: string) => parseTlogPolicy(utf8(DEFINITIONS + rest));
const twoOfThree = policy('group G 2 A B C\nquorum G\n');
const refusal = (at: string) => expect.objectContaining({ code: 'malformed', at }) as Fault;

describe('a quorum', () => {
  it.each([
    { rule: 'quorum none\n', by: [] },
    { rule: 'quorum A\n', by: [a] },
    { rule: 'quorum M\n', by: [modern] },
    { rule: 'group G any A B C\nquorum G\n', by: [c] },
    { rule: 'group G 2 A B C\nquorum G\n', by: [c, a] },
    { rule: 'group G all A B C\nquorum G\n', by: [a, b, c] },
    { rule: 'group X 2 A B C\ngroup Z all X M\nquorum Z\n', by: [b, modern, c] },
  ])('is met: $rule', ({ rule, by }) => {
    const bytes = signedCheckpoint(checkpoint, [log, ...by]);
    const judgement = verifyCheckpoint(bytes, policy(rule));
    expect(judgement.checkpoint).toEqual(checkpoint);
    expect(judgement.logs.map(({ id }) => id)).toEqual([log.key.id]);
    expect(new Set(judgement.witnesses.map(({ witness }) => witness.key.name))).toEqual(
      new Set(by.map(({ key }) => key.name)),
    );
    expect(judgement.witnesses.every(({ time }) => time === TEST_TIME)).toBe(true);
  });

  it.each([
    { rule: 'quorum A\n', by: [b], lacks: 'no cosignature of witness A' },
    { rule: 'group G any A B\nquorum G\n', by: [c], lacks: 'needs 1 of 2, has 0: lacks A, B' },
    { rule: 'group G 2 A B C\nquorum G\n', by: [b], lacks: 'needs 2 of 3, has 1: lacks A, C' },
    { rule: 'group G all A B\nquorum G\n', by: [a, c], lacks: 'needs 2 of 2, has 1: lacks B' },
    {
      rule: 'group X 2 A B C\ngroup Z all X M\nquorum Z\n',
      by: [a, modern],
      lacks: 'needs 2 of 2, has 1: lacks X',
    },
    { rule: 'quorum A\n', by: [stranger], lacks: 'no cosignature of witness A' },
  ])('is not met: $rule', ({ rule, by, lacks }) => {
    const bytes = signedCheckpoint(checkpoint, [log, ...by]);
    expect(judgeCheckpoint(bytes, policy(rule)).missing.join()).toContain(lacks);
    expect(() => verifyCheckpoint(bytes, policy(rule))).toThrow(refusal('checkpoint'));
  });

  it('is not met by one witness twice', () => {
    const text = writeCheckpointText(checkpoint);
    const lines = [
      signNote(text, log, TEST_TIME),
      signNote(text, a, TEST_TIME),
      signNote(text, a, TEST_TIME + 1n),
    ];
    const judgement = judgeCheckpoint(writeSignedNote(text, lines), twoOfThree);
    expect(judgement.witnesses).toMatchObject([{ witness: { name: 'A' }, time: TEST_TIME }]);
    expect(judgement.missing).toHaveLength(1);
  });
});

describe('the log', () => {
  it('has to have signed, whoever else did', () => {
    const judgement = judgeCheckpoint(signedCheckpoint(checkpoint, [a, b, c]), twoOfThree);
    expect(judgement.missing).toEqual(['no signature of a known log named log.example']);
  });

  it('has to be the one of the origin', () => {
    const other = { ...checkpoint, origin: 'other.example' };
    const judgement = judgeCheckpoint(signedCheckpoint(other, [log, a, b]), twoOfThree);
    expect(judgement.missing).toEqual(['no signature of a known log named other.example']);
  });

  it('may be a witness too, by one signature', () => {
    const both = testSigner('log.example', 'cosignature-ml-dsa-44', 7);
    const rule = `log ${vkey(both)}\nwitness L ${vkey(both)}\nquorum L\n`;
    const judgement = verifyCheckpoint(
      signedCheckpoint(checkpoint, [both]),
      parseTlogPolicy(utf8(rule)),
    );
    expect(judgement.logs.map(({ id }) => id)).toEqual([both.key.id]);
    expect(judgement.witnesses).toHaveLength(1);
  });
});

describe('nothing is judged', () => {
  it('of what nobody known signed', () => {
    const bytes = signedCheckpoint(checkpoint, [stranger]);
    expect(() => judgeCheckpoint(bytes, twoOfThree)).toThrow(refusal('checkpoint.signatures'));
  });

  it('when a witness’s signature is bad, even one that is not needed', () => {
    const text = writeCheckpointText(checkpoint);
    const forged = { key: c.key, sign: a.sign };
    const lines = [log, a, b, forged].map((signer) => signNote(text, signer, TEST_TIME));
    expect(() => judgeCheckpoint(writeSignedNote(text, lines), twoOfThree)).toThrow(
      refusal('checkpoint.signatures[3]'),
    );
  });

  it('of a note that is no checkpoint', () => {
    const note = writeSignedNote('hello\n', [signNote('hello\n', log, 0n)]);
    expect(() => judgeCheckpoint(note, twoOfThree)).toThrow(refusal('checkpoint'));
  });
});
