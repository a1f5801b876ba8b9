import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import {
  epochAddress,
  relayPath,
  resumePath,
  sealedAddress,
} from '../../../src/protocol/session/address.ts';
import { epochNonce, epochPurpose } from '../../../src/protocol/session/epoch.ts';
import { SESSION_ID, sessionId } from '../../../src/protocol/session/session-id.ts';

const NOTE = 'log.example/postern\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n';

test('a session is named by the SHA-256 of what the KEM encapsulated', () => {
  const id = sessionId(fromHex('00'.repeat(32), 'enc'));
  expect(id).toBe('66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925');
  expect(id).toMatch(SESSION_ID);
});

test('an agent has its addresses beside the one that it was enrolled with', () => {
  const endpoint = 'https://203.0.113.7:8500/v1/attest';
  expect(sealedAddress(endpoint).href).toBe('https://203.0.113.7:8500/v1/sealed');
  expect(epochAddress(endpoint).href).toBe('https://203.0.113.7:8500/v1/epoch');
  expect(sealedAddress('http://10.0.0.7:1/attest?x=1#y').href).toBe('http://10.0.0.7:1/sealed');
});

test('the relay’s paths name pool, node and session', () => {
  expect(relayPath('llama', 'ab')).toBe('/ohttp/llama/ab');
  expect(resumePath('llama', 'ab', 'cd', 7)).toBe('/ohttp/llama/ab/cd?chunk=7');
});

test('the challenge of an epoch is of the note and its cosignatures', () => {
  // Computed with Python's hashlib over the two fields behind their lengths.
  expect(toHex(epochNonce(utf8(`${NOTE}— log.example sig\n`)))).toBe(
    '5942f9a02121e22718314600d3d4c3d38ce5e4e1cedb2f4436ab8f5aab09f803',
  );
  expect(epochNonce(utf8(`${NOTE}— log.example sig\n`))).not.toEqual(
    epochNonce(utf8(`${NOTE}— log.example sig\n— witness.example sig\n`)),
  );
  expect(epochPurpose('log.example')).toBe('epoch:log.example');
});
