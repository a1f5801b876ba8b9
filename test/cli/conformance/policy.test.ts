import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { preAuthEncoding, writeEnvelope } from '../../../src/core/encoding/dsse.ts';
import { alice, bob, envelopeOf } from '../../support/signed-policy.ts';
import { conformance } from './cases.ts';

const payload = utf8('hello');
const files = {
  'v/envelope.json': writeEnvelope(envelopeOf(payload, [alice], 'text/plain')),
  'v/alice.pem': alice.publicPem,
  'v/bob.pem': bob.publicPem,
  'v/pae.bin': preAuthEncoding('text/plain', payload),
  'v/other.bin': preAuthEncoding('text/plain', utf8('other')),
  'v/numbers.json': '[{"ieee754":"3ff8000000000000","json":"1.5"}]',
  'v/wrong.json': '[{"ieee754":"3ff8000000000000","json":"1.50"}]',
  'v/empty.json': '[]',
};

const common = { at: null, trust: 'none' };
const dsse = (key: string, pae: string, expected: object) => ({
  id: `${key} ${pae}`,
  files: { envelope: 'envelope.json', key, pae },
  ...common,
  expect: expected,
});
const numbers = (vectors: string) => ({
  id: vectors,
  files: { vectors },
  ...common,
  expect: { verdict: 'per-vector' },
});

it('runs envelopes and numbers', async () => {
  const fields = { payloadType: 'text/plain', payload: 'hello' };
  const { exit, reports } = await conformance(
    [
      dsse('alice.pem', 'pae.bin', { verdict: 'accept', authentic: true, fields }),
      dsse('bob.pem', 'pae.bin', { verdict: 'reject', failed: ['dsse.signatures'] }),
      dsse('alice.pem', 'other.bin', { verdict: 'reject', failed: ['dsse.pae'] }),
      numbers('numbers.json'),
    ],
    files,
  );
  expect(reports.flatMap(({ differs }) => differs)).toEqual([]);
  expect(exit).toBe(0);
});

it('takes a signed payload that is no text, and tells it in hex', async () => {
  const bytes = Uint8Array.of(0x82, 0x01, 0xff);
  const type = 'application/cbor';
  const { exit, reports } = await conformance(
    [
      dsse('alice.pem', 'pae.bin', {
        verdict: 'accept',
        authentic: true,
        fields: { payloadType: type, payload: '8201ff' },
      }),
    ],
    {
      ...files,
      'v/envelope.json': writeEnvelope(envelopeOf(bytes, [alice], type)),
      'v/pae.bin': preAuthEncoding(type, bytes),
    },
  );
  expect(reports.flatMap(({ differs }) => differs)).toEqual([]);
  expect(exit).toBe(0);
});

it.each([
  ['a wrong number', numbers('wrong.json'), /^verdict: want accept, got reject$/],
  ['no number', numbers('empty.json'), /^no kind of case has the files vectors$/],
  ['a key that did not sign', dsse('bob.pem', 'pae.bin', { verdict: 'accept' }), /^verdict: want/],
])('tells of %s', async (_name, testCase, says) => {
  const { exit, reports } = await conformance([testCase], files);
  expect([exit, reports[0]?.differs[0]]).toEqual([1, expect.stringMatching(says)]);
});
