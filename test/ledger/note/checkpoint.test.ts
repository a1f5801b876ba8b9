import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { Fault } from '../../../src/core/fault.ts';
import {
  parseCheckpointText,
  parseSignedCheckpoint,
  writeCheckpointText,
} from '../../../src/ledger/note/checkpoint.ts';
import { signNote } from '../../../src/ledger/note/sign-note.ts';
import { signedMessage, splitSignature } from '../../../src/ledger/note/signed-message.ts';
import { writeSignatureLine, writeSignedNote } from '../../../src/ledger/note/signed-note.ts';
import { verifyNote } from '../../../src/ledger/note/verify-note.ts';
import { EMPTY_ROOT } from '../../../src/ledger/tree/hash.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { hex } from '../../support/hex.ts';
import { signedCheckpoint, TEST_TIME, testSigner } from '../../support/notes.ts';

/** The example of C2SP tlog-checkpoint and tlog-cosignature. */
const TEXT =
  'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const checkpoint = parseCheckpointText(TEXT);
const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
const refusal = (at: string) => expect.objectContaining({ code: 'malformed', at }) as Fault;

it('reads and writes the example of the specification', () => {
  expect(checkpoint).toEqual({
    origin: 'example.com/behind-the-sofa',
    size: 20_852_163n,
    root: hex('0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62'),
    extensions: [],
  });
  expect(writeCheckpointText(checkpoint)).toBe(TEXT);
});

it('keeps further lines, and any origin', () => {
  const text = `a log + more\n18446744073709551615\n${root}\nfirst\nsecond line\n`;
  const read = parseCheckpointText(text);
  expect(read).toMatchObject({ size: 2n ** 64n - 1n, extensions: ['first', 'second line'] });
  expect(writeCheckpointText(read)).toBe(text);
});

describe('parseCheckpointText refuses', () => {
  const edited = (from: string | RegExp, to: string) => TEXT.replace(from, to);
  it.each([
    { name: 'nothing', text: '', at: 'checkpoint' },
    { name: 'two lines', text: 'a\n1\n', at: 'checkpoint' },
    { name: 'no last newline', text: TEXT.slice(0, -1), at: 'checkpoint' },
    { name: 'no origin', text: edited(/^.*\n/, '\n'), at: 'checkpoint.origin' },
    { name: 'no size', text: edited('20852163', ''), at: 'checkpoint.size' },
    { name: 'a size with a zero in front', text: edited('208', '0208'), at: 'checkpoint.size' },
    { name: 'a size with a sign', text: edited('208', '+208'), at: 'checkpoint.size' },
    { name: 'a negative size', text: edited('208', '-208'), at: 'checkpoint.size' },
    { name: 'a hexadecimal size', text: edited('20852163', '0x10'), at: 'checkpoint.size' },
    { name: 'a size with a space', text: edited('20852163', '2085 '), at: 'checkpoint.size' },
    { name: 'a size with digits of Arabic', text: edited('20852163', '٣'), at: 'checkpoint.size' },
    {
      name: 'a size of 65 bits',
      text: edited('20852163', '18446744073709551616'),
      at: 'checkpoint.size',
    },
    {
      name: 'a root of 31 bytes',
      text: edited(root, `${'A'.repeat(40)}AA==`),
      at: 'checkpoint.root',
    },
    { name: 'a root with stray bits', text: edited('q2I=', 'q2J='), at: 'checkpoint.root' },
    { name: 'a root in the URL alphabet', text: edited('/Xajj', '_Xajj'), at: 'checkpoint.root' },
    { name: 'an empty line', text: `${TEXT}\n`, at: 'checkpoint.extensions[0]' },
    { name: 'an empty line further on', text: `${TEXT}a\n\nb\n`, at: 'checkpoint.extensions[1]' },
    { name: 'an empty tree with leaves', text: edited('20852163', '0'), at: 'checkpoint.root' },
  ])('$name', ({ text, at }) => {
    expect(() => parseCheckpointText(text)).toThrow(refusal(at));
  });

  it('and none is written', () => {
    const bad = [{ origin: '' }, { origin: 'a\nb' }, { size: -1n }, { extensions: [''] }];
    for (const change of [...bad, { root: new Uint8Array(31) }, { size: 2n ** 64n }]) {
      expect(() => writeCheckpointText({ ...checkpoint, ...change })).toThrow('checkpoint');
    }
  });
});

describe('what is signed', () => {
  it('by a cosignature is a header, the time and the whole text', () => {
    const text = `${TEXT}more\n`;
    expect(signedMessage('cosignature', 'w', text, 1_679_315_147n)).toEqual(
      utf8(`cosignature/v1\ntime 1679315147\n${text}`),
    );
  });

  it('by ML-DSA-44 is names, time, size and root, and no further line', () => {
    const want = concatBytes(
      utf8('subtree/v1\n\0'),
      utf8('\x1awitness.example/a-longer-n'),
      hex('00000000641850cb'),
      utf8('\x1bexample.com/behind-the-sofa'),
      hex('0000000000000000'),
      hex('00000000013e2dc3'),
      checkpoint.root,
    );
    const name = 'witness.example/a-longer-n';
    const message = signedMessage('cosignature-ml-dsa-44', name, `${TEXT}more\n`, 0x641850cbn);
    expect(message).toEqual(want);
  });

  it.each([
    { name: 'a text that is no checkpoint', text: 'hello\n', time: 1n },
    { name: 'no time', text: TEXT, time: undefined },
    { name: 'a time of 64 bits', text: TEXT, time: 2n ** 63n },
    { name: 'a time before the epoch', text: TEXT, time: -1n },
  ])('by either is nothing for $name', ({ text, time }) => {
    expect(signedMessage('cosignature', 'w', text, time)).toBeUndefined();
    expect(signedMessage('cosignature-ml-dsa-44', 'w', text, time)).toBeUndefined();
  });

  it('by ML-DSA-44 is nothing for names beyond 255 bytes', () => {
    const long = 'é'.repeat(128);
    const type = 'cosignature-ml-dsa-44';
    expect(signedMessage(type, long, TEXT, 1n)).toBeUndefined();
    expect(signedMessage(type, 'w', TEXT.replace(/^.*/, long), 1n)).toBeUndefined();
    expect(signedMessage(type, `${long.slice(1)}a`, TEXT, 1n)).toHaveLength(
      12 + 256 + 8 + 28 + 16 + 32,
    );
  });
});

describe('signatures of every type', () => {
  const log = testSigner(checkpoint.origin, 'note', 1);
  const witness = testSigner('witness.example/w1', 'cosignature', 2);
  const modern = testSigner('witness.example/w2', 'cosignature-ml-dsa-44', 3);
  const all = [log, witness, modern];
  const keys = all.map(({ key }) => key);
  const bytes = signedCheckpoint(checkpoint, all);

  it('are verified, with their times', () => {
    const signed = parseSignedCheckpoint(bytes);
    expect(signed.checkpoint).toEqual(checkpoint);
    expect(verifyNote(signed.note, keys)).toEqual([
      { key: log.key, time: undefined },
      { key: witness.key, time: TEST_TIME },
      { key: modern.key, time: TEST_TIME },
    ]);
  });

  it.each(all)('are refused for another checkpoint: $key.type', (signer) => {
    const line = signNote(TEXT, signer, TEST_TIME);
    for (const other of [TEXT.replace('163', '164'), TEXT.replace('sofa', 'sofb')]) {
      const { note } = parseSignedCheckpoint(writeSignedNote(other, [line]));
      expect(() => verifyNote(note, keys)).toThrow(refusal('note.signatures[0]'));
    }
  });

  it.each([witness, modern])('are refused with another time: $key.type', (signer) => {
    const { note } = parseSignedCheckpoint(signedCheckpoint(checkpoint, [signer]));
    const signature = new Uint8Array(note.signatures[0]?.signature ?? []);
    for (const [at, value] of [
      [7, (signature[7] ?? 0) ^ 1],
      [0, 0x80],
    ] as const) {
      const line = writeSignatureLine({ ...signer.key, signature: signature.with(at, value) });
      const changed = parseSignedCheckpoint(writeSignedNote(TEXT, [line]));
      expect(() => verifyNote(changed.note, keys)).toThrow(refusal('note.signatures[0]'));
    }
  });

  it('are taken apart by length and time', () => {
    const timed = concatBytes(hex('7fffffffffffffff'), new Uint8Array(64).fill(1));
    expect(splitSignature('cosignature', timed)).toEqual({
      time: 2n ** 63n - 1n,
      bare: new Uint8Array(64).fill(1),
    });
    expect(splitSignature('cosignature', timed.with(0, 0x80))).toBeUndefined();
    expect(splitSignature('cosignature', timed.subarray(1))).toBeUndefined();
    expect(splitSignature('note', timed)).toBeUndefined();
    expect(splitSignature('note', timed.subarray(8))?.time).toBeUndefined();
    expect(splitSignature('cosignature-ml-dsa-44', timed)).toBeUndefined();
  });

  it('of ML-DSA-44 say nothing of further lines, all others do', () => {
    const text = `${TEXT}more\n`;
    for (const signer of all) {
      const line = signNote(TEXT, signer, TEST_TIME);
      const { note } = parseSignedCheckpoint(writeSignedNote(text, [line]));
      const read = orRefused(() => verifyNote(note, keys));
      expect(read === undefined).toBe(signer !== modern);
    }
  });

  it('are not made of what no such key signs', () => {
    expect(() => signNote('hello\n', witness, TEST_TIME)).toThrow(refusal('note'));
    const short = { ...log, sign: () => new Uint8Array(63) };
    expect(() => signNote(TEXT, short, TEST_TIME)).toThrow(refusal('signature'));
  });

  fuzz('damage to a checkpoint is refused, or leaves it the same', damaged(bytes), (broken) => {
    const signed = orRefused(() => parseSignedCheckpoint(broken));
    if (signed === undefined) return;
    const signers = orRefused(() => verifyNote(signed.note, keys));
    for (const { key } of signers ?? []) {
      const { extensions, ...head } = signed.checkpoint;
      expect({ ...head, extensions: key === modern.key ? [] : extensions }).toEqual(checkpoint);
    }
  });
});

it('takes the one checkpoint of an empty tree', () => {
  const empty = { origin: 'a', size: 0n, root: EMPTY_ROOT, extensions: [] };
  expect(parseCheckpointText(writeCheckpointText(empty))).toEqual(empty);
});
