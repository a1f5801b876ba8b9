import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { Fault } from '../../../src/core/fault.ts';
import { signNote } from '../../../src/ledger/note/sign-note.ts';
import {
  parseSignatureLines,
  parseSignedNote,
  writeSignatureLine,
  writeSignedNote,
} from '../../../src/ledger/note/signed-note.ts';
import { parseVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { verifyNote } from '../../../src/ledger/note/verify-note.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { TEST_TIME, testSigner } from '../../support/notes.ts';
import { asView } from '../../support/view.ts';

/** The example of C2SP signed-note, with Go's key for it. */
const TEXT =
  'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n';
const LINE =
  '— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';

const alice = testSigner('example.com/alice', 'note', 1);
const bob = testSigner('example.com/bob', 'note', 2);
const text = 'hello\n';
const lineOf = (signer = alice) => signNote(text, signer, TEST_TIME);
const good = writeSignedNote(text, [lineOf()]);
const refusal = (at: string) => expect.objectContaining({ code: 'malformed', at }) as Fault;

it('parts text and signatures at the last empty line', () => {
  const note = parseSignedNote(asView(utf8(`${TEXT}\n${LINE}`)));
  expect(note.text).toBe(TEXT);
  expect(note.signatures).toHaveLength(1);
  expect(note.signatures[0]).toMatchObject({ name: 'quasimodo.example/salvatore', id: '367ba04b' });
  expect(writeSignatureLine(note.signatures[0] ?? { name: '', id: '', signature: utf8('') })).toBe(
    LINE,
  );
});

describe('parseSignedNote refuses', () => {
  const [line, body] = [lineOf(), fromUtf8(good, 'note')];
  it.each([
    { name: 'nothing', note: '', at: 'note' },
    { name: 'a text without signatures', note: 'hello\n\n', at: 'note.signatures' },
    { name: 'no empty line', note: `hello\n${line}`, at: 'note' },
    { name: 'signatures alone', note: line, at: 'note' },
    { name: 'no last newline', note: body.slice(0, -1), at: 'note' },
    { name: 'carriage returns', note: body.replaceAll('\n', '\r\n'), at: 'note' },
    { name: 'a tab', note: body.replace('hello', 'hel\tlo'), at: 'note' },
    { name: 'a NUL', note: body.replace('hello', 'hel\0lo'), at: 'note' },
    { name: 'an empty line at the end', note: `${body}\n`, at: 'note.signatures' },
    { name: 'a line that is no signature', note: `${body}hello\n`, at: 'note.signatures[1]' },
    { name: 'a hyphen', note: body.replace('—', '-'), at: 'note.signatures[0]' },
    { name: 'no space behind the dash', note: body.replace('— ', '—'), at: 'note.signatures[0]' },
    {
      name: 'a no-break space behind the dash',
      note: body.replace('— ', '—\u00a0'),
      at: 'note.signatures[0]',
    },
    { name: 'no name', note: body.replace('example.com/alice', ''), at: 'note.signatures[0].name' },
    { name: 'a plus in a name', note: body.replace('/alice', '+a'), at: 'note.signatures[0].name' },
    {
      name: 'a space of another script in a name',
      note: body.replace('/alice', '\u3000a'),
      at: 'note.signatures[0].name',
    },
    { name: 'two spaces', note: body.replace('alice ', 'alice  '), at: 'note.signatures[0]' },
    { name: 'a space at the end', note: `${body.slice(0, -1)} \n`, at: 'note.signatures[0]' },
    { name: 'no base64', note: body.replace(/ \S+\n$/, ' \n'), at: 'note.signatures[0].signature' },
    {
      name: 'stray bits in base64',
      note: body.replace(
        /.==\n$|.=\n$/,
        (end) => `${end.startsWith('B') ? 'C' : 'B'}${end.slice(1)}`,
      ),
      at: 'note.signatures[0].signature',
    },
    {
      name: 'base64 without padding',
      note: body.replace(/=+\n$/, '\n'),
      at: 'note.signatures[0].signature',
    },
    {
      name: 'an id and nothing else',
      note: 'hello\n\n— a AAAAAA==\n',
      at: 'note.signatures[0].signature',
    },
    {
      name: 'more signatures than are read',
      note: `hello\n\n${line.repeat(101)}`,
      at: 'note.signatures',
    },
    { name: 'a note that is too long', note: `${'a'.repeat(1_000_000)}\n\n${line}`, at: 'note' },
  ])('$name', ({ note, at }) => {
    expect(() => parseSignedNote(utf8(note))).toThrow(refusal(at));
  });

  it('what is no UTF-8', () => {
    const bytes = concatBytes(utf8('hel'), Uint8Array.of(0xc3), utf8('lo\n\n'), utf8(line));
    expect(() => parseSignedNote(bytes)).toThrow(refusal('note'));
  });

  it('but takes as many signatures, and texts of empty lines and any script', () => {
    expect(parseSignedNote(utf8(`hello\n\n${line.repeat(100)}`)).signatures).toHaveLength(100);
    expect(parseSignedNote(utf8(`\n\n${line}`)).text).toBe('\n');
    expect(parseSignedNote(utf8(`\ufeff— x\n\n\n${line}`)).text).toBe('\ufeff— x\n\n');
  });
});

it('reads lines without a note, as strictly', () => {
  const lines = lineOf() + lineOf(bob);
  expect(parseSignatureLines(utf8(lines)).map(({ name }) => name)).toEqual([
    'example.com/alice',
    'example.com/bob',
  ]);
  for (const bad of ['', '\n', lines.slice(0, -1), `${lines}\n`, `\n${lines}`]) {
    expect(() => parseSignatureLines(utf8(bad))).toThrow(/^signatures/);
  }
});

it('writes no note that would read as another', () => {
  for (const bad of ['hello', 'hello\n\n— a', '', 'a\tb\n']) {
    expect(() => writeSignedNote(bad, [lineOf()])).toThrow('note');
  }
  expect(() => writeSignedNote(text, [])).toThrow('note.signatures');
  expect(() => writeSignedNote(text, ['\n', lineOf()])).toThrow('note');
});

describe('verifyNote', () => {
  const read = (...lines: string[]) => parseSignedNote(writeSignedNote(text, lines));
  const forged = lineOf(bob).replace('bob', 'alice').replace(bob.key.id, alice.key.id);

  it('takes the example of the specification', () => {
    const key = parseVerifierKey(
      'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    );
    const note = utf8(
      'If you think cryptography is the answer to your problem,\nthen you don’t know what your problem is.\n',
    );
    expect(key).toMatchObject({ name: 'PeterNeumann', id: 'c74f20a3', type: 'note' });
    expect(key.verifies(note, new Uint8Array(64))).toBe(false);
  });

  it('names who of the known signed, in the order of the note, each once', () => {
    const note = read(lineOf(bob), lineOf(), lineOf(bob));
    const keys = (known: (typeof alice.key)[]) => verifyNote(note, known).map(({ key }) => key);
    expect(keys([alice.key, bob.key])).toEqual([bob.key, alice.key]);
    expect(keys([alice.key])).toEqual([alice.key]);
  });

  it('passes over unknown keys, even those of a known name or a known id', () => {
    const sameName = testSigner('example.com/alice', 'note', 3);
    const sameId = lineOf().replace('/alice', '/carol');
    const note = read(lineOf(sameName), sameId, lineOf());
    expect(verifyNote(note, [alice.key])).toHaveLength(1);
  });

  it('takes no note for good whose known signature is bad, whatever others are', () => {
    const signature = parseSignedNote(utf8(`${text}\n${forged}`)).signatures[0]?.signature;
    const bad = writeSignatureLine({ ...alice.key, signature: signature ?? new Uint8Array() });
    for (const lines of [[bad], [bad, lineOf(bob)], [lineOf(bob), bad], [lineOf(), bad]]) {
      expect(() => verifyNote(read(...lines), [alice.key, bob.key])).toThrow(
        refusal(`note.signatures[${lines.indexOf(bad)}]`),
      );
    }
  });

  it('wants a signature of the key’s own length', () => {
    for (const length of [1, 63, 65, 72]) {
      const line = writeSignatureLine({ ...alice.key, signature: new Uint8Array(length) });
      expect(() => verifyNote(read(line), [alice.key])).toThrow(refusal('note.signatures[0]'));
    }
  });

  it('wants one known key at least', () => {
    expect(() => verifyNote(read(lineOf()), [bob.key])).toThrow(refusal('note.signatures'));
    expect(() => verifyNote(read(lineOf()), [])).toThrow(refusal('note.signatures'));
  });

  it('wants known keys that can be told apart', () => {
    expect(() => verifyNote(read(lineOf()), [alice.key, { ...alice.key }])).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });

  it('refuses the text of another note', () => {
    const note = { ...read(lineOf()), text: 'hello!\n' };
    expect(() => verifyNote(note, [alice.key])).toThrow(refusal('note.signatures[0]'));
  });
});

fuzz('damage to a note is refused, or leaves what was signed', damaged(good), (bytes) => {
  const note = orRefused(() => parseSignedNote(asView(bytes)));
  if (note === undefined) return;
  const lines = note.signatures.map(writeSignatureLine);
  expect(writeSignedNote(note.text, lines)).toEqual(Uint8Array.from(bytes));
  const signers = orRefused(() => verifyNote(note, [alice.key]));
  if (signers) expect(note.text).toBe(text);
});
