import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { Fault } from '../../../src/core/fault.ts';
import { verifierKey, writeVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { parseTlogPolicy } from '../../../src/ledger/trust/tlog-policy.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { testSigner } from '../../support/notes.ts';
import { asView } from '../../support/view.ts';

const log = testSigner('log.example', 'note', 1).key;
const [w1, w2, w3] = [2, 3, 4].map(
  (seed) => testSigner(`w${seed}.example`, 'cosignature', seed).key,
);
const modern = testSigner('m.example', 'cosignature-ml-dsa-44', 5).key;
const vkey = (key = log) => writeVerifierKey(key);
const read = (text: string) => parseTlogPolicy(utf8(text));
const refusal = (at: string, code = 'malformed') => expect.objectContaining({ code, at }) as Fault;

const WITNESSES = `witness A ${vkey(w1)}\nwitness B ${vkey(w2)}\nwitness C ${vkey(w3)}\n`;

it('reads two levels of groups, comments, empty lines and white space of both kinds', () => {
  const text = `# logs\nlog ${vkey()} https://log.example/\n\n \t\n  # witnesses: \u00e9\n${WITNESSES}
\twitness  M\t${vkey(modern)}   https://m.example \ngroup X 2 A B C\ngroup Y any M\ngroup Z all X Y\nquorum Z\n`;
  const policy = parseTlogPolicy(asView(utf8(text)));
  expect(policy.logs.map(({ key, url }) => [key.name, url])).toEqual([
    ['log.example', 'https://log.example/'],
  ]);
  expect(policy.witnesses.map(({ name, key, url }) => [name, key.type, url])).toEqual([
    ['A', 'cosignature', undefined],
    ['B', 'cosignature', undefined],
    ['C', 'cosignature', undefined],
    ['M', 'cosignature-ml-dsa-44', 'https://m.example'],
  ]);
  const [a, b, c, m] = policy.witnesses;
  expect(policy.quorum).toEqual({
    kind: 'group',
    name: 'Z',
    threshold: 2,
    members: [
      { kind: 'group', name: 'X', threshold: 2, members: [a, b, c] },
      { kind: 'group', name: 'Y', threshold: 1, members: [m] },
    ],
  });
});

it.each([
  { name: 'nothing but a quorum of none', text: 'quorum none\n', logs: 0 },
  { name: 'lines behind the quorum', text: `quorum none\nlog ${vkey()}\n`, logs: 1 },
  { name: 'a log by ML-DSA-44', text: `log ${vkey(modern)}\nquorum none\n`, logs: 1 },
  {
    name: 'names that are words elsewhere',
    text: `witness any ${vkey(w1)}\ngroup 2 any any\nquorum 2\n`,
    logs: 0,
  },
  {
    name: 'a key of log and witness',
    text: `log ${vkey(modern)}\nwitness M ${vkey(modern)}\nquorum M\n`,
    logs: 1,
  },
])('takes $name', ({ text, logs }) => {
  expect(read(text).logs).toHaveLength(logs);
});

it('tells names apart by their bytes', () => {
  const [kelvin, k] = ['\u212a', 'K'];
  const text = `witness ${kelvin} ${vkey(w1)}\nwitness ${k} ${vkey(w2)}\nquorum ${k}\n`;
  expect(read(text).quorum?.name).toBe('K');
  const latin = (byte: number) => concatBytes(utf8('witness '), Uint8Array.of(byte), utf8(' '));
  const odd = concatBytes(
    latin(0xe4),
    utf8(`${vkey(w1)}\n`),
    latin(0xf6),
    utf8(`${vkey(w2)}\nquorum `),
    Uint8Array.of(0xf6, 0x0a),
  );
  expect(parseTlogPolicy(odd).quorum).toMatchObject({ key: { name: 'w3.example' } });
});

describe('refuses', () => {
  const renamed = verifierKey('other.example', 'note', log.publicKey);
  it.each([
    { name: 'nothing', text: '', at: 'policy' },
    { name: 'no quorum', text: `log ${vkey()}\n`, at: 'policy' },
    { name: 'no last newline', text: 'quorum none', at: 'policy' },
    { name: 'a second quorum', text: 'quorum none\nquorum none\n', at: 'policy:2' },
    { name: 'a quorum of nobody', text: '\nquorum\n', at: 'policy:2' },
    { name: 'a quorum of two', text: `${WITNESSES}quorum A B\n`, at: 'policy:4' },
    { name: 'a quorum of who comes later', text: `quorum A\n${WITNESSES}`, at: 'policy:1' },
    { name: 'an unknown word', text: 'quorum none\nlogs x\n', at: 'policy:2' },
    { name: 'words in capitals', text: 'Quorum none\n', at: 'policy:1' },
    { name: 'carriage returns', text: 'quorum none\r\n', at: 'policy:1' },
    { name: 'a DEL', text: 'quorum none\n# \x7f\n', at: 'policy:2' },
    { name: 'a comment behind a line', text: 'quorum none # none\n', at: 'policy:1' },
    { name: 'a no-break space', text: 'quorum\u00a0none\n', at: 'policy:1' },
    { name: 'a log without a key', text: 'log\nquorum none\n', at: 'policy:1' },
    { name: 'a log with two addresses', text: `log ${vkey()} a b\nquorum none\n`, at: 'policy:1' },
    {
      name: 'a log with a damaged key',
      text: `log ${vkey().slice(1)}\nquorum none\n`,
      at: 'policy:1',
    },
    { name: 'a log with a witness’s key', text: `log ${vkey(w1)}\nquorum none\n`, at: 'policy:1' },
    { name: 'a witness with a log’s key', text: `witness A ${vkey()}\nquorum A\n`, at: 'policy:1' },
    {
      name: 'a witness without a name',
      text: `witness ${vkey(w1)}\nquorum none\n`,
      at: 'policy:1',
    },
    {
      name: 'a log twice',
      text: `log ${vkey()}\nlog ${vkey(renamed)}\nquorum none\n`,
      at: 'policy:2',
    },
    {
      name: 'a witness twice under two names',
      text: `witness A ${vkey(w1)}\nwitness B ${vkey(w1)}\nquorum none\n`,
      at: 'policy:2',
    },
    {
      name: 'two witnesses of one name',
      text: `witness A ${vkey(w1)}\nwitness A ${vkey(w2)}\nquorum A\n`,
      at: 'policy:2',
    },
    {
      name: 'a witness named none',
      text: `witness none ${vkey(w1)}\nquorum none\n`,
      at: 'policy:1',
    },
    {
      name: 'a group without members',
      text: `${WITNESSES}group G any\nquorum G\n`,
      at: 'policy:4',
    },
    { name: 'a group of who is not there', text: `${WITNESSES}group G any D\n`, at: 'policy:4' },
    { name: 'a group of itself', text: `${WITNESSES}group G any G\n`, at: 'policy:4' },
    { name: 'a group of none', text: `${WITNESSES}group G any none\n`, at: 'policy:4' },
    { name: 'a group that is a witness', text: `${WITNESSES}group A any B\n`, at: 'policy:4' },
    { name: 'a member twice', text: `${WITNESSES}group G 2 A A\n`, at: 'policy:4' },
    {
      name: 'a member of two groups',
      text: `${WITNESSES}group G all A B\ngroup H all B C\n`,
      at: 'policy:5',
    },
    { name: 'none of three', text: `${WITNESSES}group G 0 A B C\n`, at: 'policy:4' },
    { name: 'four of three', text: `${WITNESSES}group G 4 A B C\n`, at: 'policy:4' },
    {
      name: 'a number with a zero in front',
      text: `${WITNESSES}group G 02 A B C\n`,
      at: 'policy:4',
    },
    { name: 'minus one of three', text: `${WITNESSES}group G -1 A B C\n`, at: 'policy:4' },
    { name: 'most of three', text: `${WITNESSES}group G most A B C\n`, at: 'policy:4' },
  ])('$name', ({ text, at }) => {
    expect(() => read(text)).toThrow(refusal(at));
  });

  it('a key of a type that is not read here, as such', () => {
    const ecdsa = `a+c74f20a3+${Buffer.from([2, 1, 2, 3]).toString('base64')}`;
    expect(() => read(`log ${ecdsa}\nquorum none\n`)).toThrow(refusal('policy:1', 'unsupported'));
  });

  it('two keys of one name and id, on whichever lines', () => {
    // Any 1312 bytes are an ML-DSA-44 key: of a hundred thousand, two have the same id.
    const numbered = (number: number) => {
      const bytes = new Uint8Array(1312);
      new DataView(bytes.buffer).setUint32(0, number);
      return verifierKey('w', 'cosignature-ml-dsa-44', bytes);
    };
    const [one, other, third] = [numbered(83_706), numbered(108_836), numbered(1)];
    expect([one.id, other.id]).toEqual(['42f17de3', '42f17de3']);
    const policy = (key: typeof one) =>
      read(`log ${vkey(one)}\nwitness W ${vkey(key)}\nquorum W\n`);
    expect(() => policy(other)).toThrow(refusal('policy:2'));
    expect(policy(third).witnesses).toHaveLength(1);
  });

  it('more than it reads, and takes 32 of each', () => {
    const keys = Array.from(
      { length: 33 },
      (_, i) => testSigner(`k${i}`, 'cosignature', 50 + i).key,
    );
    const logs = keys.slice(0, 32).map((key) => verifierKey(key.name, 'note', key.publicKey));
    const lines = [
      ...logs.map((key) => `log ${vkey(key)}`),
      ...keys.slice(0, 32).map((key, i) => `witness W${i} ${vkey(key)}`),
      ...keys.slice(0, 32).map((_, i) => `group G${i} any W${i}`),
      'quorum G31',
    ];
    expect(read(`${lines.join('\n')}\n`).witnesses).toHaveLength(32);
    const chain = [`witness G0 ${vkey(w1)}`];
    for (let i = 1; i < 1_100; i++) chain.push(`group G${i} any G${i - 1}`);
    expect(() => read(`${chain.join('\n')}\nquorum none\n`)).toThrow(refusal('policy:1025'));
    expect(() => read(`#${' '.repeat(4_000_000)}\nquorum none\n`)).toThrow(refusal('policy'));
  });
});

const good = utf8(`log ${vkey()}\n${WITNESSES}group G 2 A B C\nquorum G\n`);
fuzz('a damaged policy is refused, or has a quorum', damaged(good), (bytes) => {
  const policy = orRefused(() => {
    try {
      return parseTlogPolicy(bytes);
    } catch (error) {
      if ((error as Fault).code === 'unsupported') return undefined;
      throw error;
    }
  });
  if (policy) expect(policy.witnesses.length + policy.logs.length).toBeLessThanOrEqual(5);
});
