import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  makeSshHostKey,
  SSH_KEY_KINDS,
  sshSignature,
} from '../../../src/agent/keys/ssh-host-key.ts';
import { HostKeySession } from '../../../src/agent/ssh/host-key-session.ts';
import { LARGEST_REQUEST, parseHostKeyRequest } from '../../../src/agent/ssh/messages.ts';
import { signable } from '../../../src/agent/ssh/signable.ts';
import { lengthPrefixed } from '../../../src/core/bytes/length-prefixed.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { AgentFrames } from '../../../src/core/ssh/agent-messages.ts';
import { parseSshKeyBlob, verifySshKey } from '../../../src/core/ssh/public-key.ts';
import { readSshStrings } from '../../../src/core/ssh/strings.ts';
import { faultOf } from '../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { asView } from '../../support/view.ts';

const ZERO = new Uint8Array(4);
const LIST = Uint8Array.of(11);
const sign = (key: Uint8Array, data: Uint8Array, flags: Uint8Array = ZERO) =>
  concatBytes(Uint8Array.of(13), lengthPrefixed(key, data), flags);
const proof = (session: Uint8Array, key: Uint8Array, label = 'hostkeys-prove-00@openssh.com') =>
  lengthPrefixed(utf8(label), session, key);

const key = makeSshHostKey('ed25519');
const other = makeSshHostKey('ecdsa-p256');
const HASH = new Uint8Array(32).fill(7);
const FAILURE = Uint8Array.of(0, 0, 0, 1, 5);

describe('a request', () => {
  it('is read from wherever it lies', () => {
    expect(parseHostKeyRequest(asView(LIST))).toEqual({ kind: 'list' });
    const asked = sign(key.blob, HASH);
    expect(parseHostKeyRequest(asView(asked))).toEqual({ kind: 'sign', key: key.blob, data: HASH });
  });

  it.each([
    { name: 'flags of RSA', bytes: sign(key.blob, HASH, Uint8Array.of(0, 0, 0, 2)) },
    { name: 'adding a key', bytes: Uint8Array.of(17, 0, 0) },
    { name: 'removing all', bytes: Uint8Array.of(19) },
    { name: 'an extension', bytes: concatBytes(Uint8Array.of(27), lengthPrefixed(utf8('query'))) },
  ])('for $name is one of another kind', ({ bytes }) => {
    expect(parseHostKeyRequest(bytes)).toEqual({ kind: 'other' });
    expect(new HostKeySession([key]).answer(bytes)).toEqual({ bytes: FAILURE, outcome: 'refused' });
  });

  it.each([
    { name: 'nothing', bytes: new Uint8Array() },
    { name: 'a list with something behind', bytes: Uint8Array.of(11, 0) },
    { name: 'a signature without flags', bytes: sign(key.blob, HASH, new Uint8Array()) },
    { name: 'a signature with something behind', bytes: sign(key.blob, HASH, new Uint8Array(5)) },
    { name: 'a key longer than the request', bytes: Uint8Array.of(13, 255, 255, 255, 255) },
  ])('that is malformed: $name', ({ bytes }) => {
    expect(faultOf(() => parseHostKeyRequest(bytes)).code).toBe('malformed');
  });

  it.each([0, LARGEST_REQUEST + 1, 0xffffffff])('of %i bytes ends the stream', (length) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, length);
    expect(faultOf(() => new AgentFrames(LARGEST_REQUEST, 'request').push(bytes)).at).toBe(
      'request.length',
    );
  });
});

describe('what a host key signs', () => {
  const answerTo = (session: HostKeySession, bytes: Uint8Array) => session.answer(bytes).outcome;

  it.each([20, 32, 48, 64])('a hash of %i bytes, the first of which is the session', (length) => {
    const session = new HostKeySession([key]);
    const [first, second] = [new Uint8Array(length).fill(1), new Uint8Array(length).fill(2)];
    expect(session.identifier).toBeUndefined();
    expect(answerTo(session, sign(key.blob, first))).toBe('signed');
    expect(answerTo(session, sign(key.blob, second))).toBe('signed');
    expect(session.identifier).toEqual(first);
  });

  it.each([0, 1, 16, 19, 21, 31, 33, 63, 65, 128])('nothing of %i bytes', (length) => {
    const session = new HostKeySession([key]);
    expect(answerTo(session, sign(key.blob, new Uint8Array(length)))).toBe('refused');
    expect(session.identifier).toBeUndefined();
  });

  it('that it holds a key, in the session that it signed for', () => {
    const session = new HostKeySession([key, other]);
    expect(answerTo(session, sign(key.blob, proof(HASH, key.blob)))).toBe('refused');
    session.answer(sign(key.blob, HASH));
    expect(answerTo(session, sign(key.blob, proof(HASH, key.blob)))).toBe('signed');
    expect(answerTo(session, sign(other.blob, proof(HASH, other.blob)))).toBe('signed');
    for (const data of [
      proof(HASH.with(0, 8), key.blob),
      proof(HASH, other.blob),
      proof(HASH, key.blob, 'hostkeys-prove-01@openssh.com'),
      concatBytes(proof(HASH, key.blob), ZERO),
    ]) {
      expect(answerTo(session, sign(key.blob, data))).toBe('refused');
    }
  });

  it('nothing by a key that it has not', () => {
    const session = new HostKeySession([key]);
    expect(answerTo(session, sign(other.blob, HASH))).toBe('refused');
    expect(session.identifier).toBeUndefined();
  });

  it.each(SSH_KEY_KINDS)('as SSH writes it, by %s', (kind) => {
    const made = makeSshHostKey(kind);
    const parsed = parseSshKeyBlob(made.blob, 'key');
    expect(parsed.algorithm).toBe(made.algorithm);
    // Numbers of ECDSA begin with a zero byte, or lack one, once in a few times.
    for (let i = 0; i < 64; i++) {
      const message = new Uint8Array(32).fill(i);
      const [name, value = new Uint8Array()] = readSshStrings(sshSignature(made, message), 2, 's');
      expect(name).toEqual(utf8(made.algorithm));
      const raw =
        kind === 'ed25519' ? value : concatBytes(...readSshStrings(value, 2, 's').map(to32));
      expect(verifySshKey(parsed, message, raw)).toBe(true);
    }
  });
});

function to32(mpint: Uint8Array): Uint8Array {
  expect((mpint[0] ?? 0) >= 0x80).toBe(false);
  if (mpint[0] === 0) expect(mpint[1]).toBeGreaterThanOrEqual(0x80);
  const bytes = new Uint8Array(32);
  const digits = mpint[0] === 0 ? mpint.subarray(1) : mpint;
  bytes.set(digits, 32 - digits.length);
  return bytes;
}

const requests = damaged(LIST, sign(key.blob, HASH), sign(key.blob, proof(HASH, key.blob)));

fuzz('a request is read or refused, and what is signed is a hash', requests, (bytes) => {
  const session = new HostKeySession([key]);
  const answer = orRefused(() => session.answer(bytes));
  if (answer?.outcome === 'signed') expect([20, 32, 48, 64]).toContain(session.identifier?.length);
  orRefused(() => signable(bytes));
});

const pieces = fc.tuple(
  fc.array(fc.constantFrom(LIST, sign(key.blob, HASH)), { maxLength: 5 }),
  fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }),
);

fuzz('a stream is the same messages in whatever pieces it comes', pieces, ([messages, sizes]) => {
  const bytes = lengthPrefixed(...messages);
  const stream = new AgentFrames(LARGEST_REQUEST, 'request');
  const got: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    got.push(...stream.push(bytes.subarray(at, at + size)));
    at += size;
  }
  expect(got).toEqual(messages);
});
