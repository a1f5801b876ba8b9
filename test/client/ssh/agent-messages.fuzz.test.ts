import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSshHostKey, sshSignature } from '../../../src/agent/keys/ssh-host-key.ts';
import { isSignedSession, parseSessionBind } from '../../../src/client/ssh/session-bind.ts';
import { lengthPrefixed } from '../../../src/core/bytes/length-prefixed.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import {
  AgentFrames,
  framed,
  LARGEST_AGENT_MESSAGE,
} from '../../../src/core/ssh/agent-messages.ts';
import { parseSshKeyBlob } from '../../../src/core/ssh/public-key.ts';
import { readSshStrings } from '../../../src/core/ssh/strings.ts';
import { fuzz, orRefused } from '../../support/fuzz.ts';
import { hostKey } from '../../support/ssh/host-key.ts';
import { type BindChanges, sessionBind } from '../../support/ssh/session-bind.ts';

const host = hostKey();
const ZERO = new Uint8Array(1);
const session = new Uint8Array(32).fill(5);

const bind = (changes: BindChanges = {}) => sessionBind(host, { session, ...changes });

describe('session-bind@openssh.com', () => {
  it('is read whole, and its signature holds for its session alone', () => {
    const read = parseSessionBind(bind());
    expect(read).toMatchObject({ session, isForwarding: false, hostKey: host.key });
    expect(read && isSignedSession(read)).toBe(true);
    expect(parseSessionBind(bind({ forwarding: 1 }))?.isForwarding).toBe(true);
    const other = parseSessionBind(bind({ of: new Uint8Array(32).fill(6) }));
    expect(other && isSignedSession(other)).toBe(false);
  });

  it('is signed by P-256 too, in one writing of its numbers', () => {
    const key = makeSshHostKey('ecdsa-p256');
    const signature = sshSignature(key, session);
    const hostKey = parseSshKeyBlob(key.blob, 'key');
    const read = { hostKey, session, signature, isForwarding: false };
    expect(isSignedSession(read)).toBe(true);
    const [name = ZERO, numbers = ZERO] = readSshStrings(signature, 2, 's');
    const [r = ZERO, s = ZERO] = readSshStrings(numbers, 2, 's');
    const padded = lengthPrefixed(name, lengthPrefixed(concatBytes(ZERO, r), s));
    expect(() => isSignedSession({ ...read, signature: padded })).toThrow(/number/);
    expect(isSignedSession({ ...read, hostKey: host.key })).toBe(false);
  });

  it('is nothing else', () => {
    expect(parseSessionBind(Uint8Array.of(11))).toBeUndefined();
    expect(parseSessionBind(bind({ name: 'other@openssh.com' }))).toBeUndefined();
    expect(() => parseSessionBind(concatBytes(bind(), Uint8Array.of(0)))).toThrow(/after the last/);
    expect(() => parseSessionBind(bind({ of: new Uint8Array(19) }))).toThrow(/20 to 64/);
  });
});

const whole = bind();
const damaged = fc
  .tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(8))
  .map(([at, byte, cut]) =>
    concatBytes(whole.subarray(0, at), Uint8Array.of(byte), whole.subarray(at + cut)),
  );

fuzz('a damaged bind is no signed one, or refused', damaged, (bytes) => {
  const read = orRefused(() => parseSessionBind(bytes));
  if (read === undefined) return;
  const isSigned = orRefused(() => isSignedSession(read)) ?? false;
  const isWhole =
    Buffer.from(read.session).equals(session) &&
    Buffer.from(read.hostKey.blob).equals(host.key.blob);
  expect(isSigned && !isWhole).toBe(false);
});

const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 });

fuzz(
  'messages are the same however their stream is cut',
  fc.tuple(messages, fc.integer({ min: 1, max: 50 })),
  ([list, size]) => {
    const stream = concatBytes(...list.map(framed));
    const frames = new AgentFrames(LARGEST_AGENT_MESSAGE, 'agent');
    const read: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size)
      read.push(...frames.push(stream.subarray(at, at + size)));
    expect(read).toEqual(list);
  },
);

it('messages without end, or of no byte, are refused', () => {
  expect(() =>
    new AgentFrames(LARGEST_AGENT_MESSAGE, 'agent').push(Uint8Array.of(0, 4, 0, 1)),
  ).toThrow(/got 262145/);
  expect(() => new AgentFrames(LARGEST_AGENT_MESSAGE, 'agent').push(new Uint8Array(4))).toThrow(
    /got 0/,
  );
});
