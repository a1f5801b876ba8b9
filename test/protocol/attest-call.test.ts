import { describe, expect, it } from 'vitest';
import { sessionNonce } from '../../src/appraisal/binding/session-nonce.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import {
  type AttestCall,
  challengeOf,
  parseAttestCall,
  writeAttestCall,
} from '../../src/protocol/attest-call.ts';
import { faultOf } from '../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../support/fuzz.ts';
import { asView } from '../support/view.ts';

const nonce = new Uint8Array(32).fill(0x5a);
const session = new Uint8Array(48).fill(0x11);
const CALLS: readonly AttestCall[] = [
  { nonce, purpose: 'client' },
  { nonce, purpose: 'admission:https://gate.example' },
  { nonce, purpose: 'ssh-session', session },
  { nonce, purpose: 'tls-session', session: session.subarray(16) },
];

it.each(CALLS)('for $purpose is read as it was written', (call) => {
  expect(parseAttestCall(asView(writeAttestCall(call)))).toEqual(call);
});

it('is answered with its nonce, or with that of its session', () => {
  expect(challengeOf({ nonce, purpose: 'client' })).toEqual({ nonce, purpose: 'client' });
  expect(challengeOf({ nonce, purpose: 'ssh-session', session })).toEqual({
    purpose: 'ssh-session',
    nonce: sessionNonce('ssh-session', session, nonce),
  });
});

describe('refuses', () => {
  const good = { nonce: '5a'.repeat(32), purpose: 'ssh-session', session: '11'.repeat(32) };
  it.each([
    { name: 'no nonce', call: { purpose: 'client' }, at: 'call.nonce' },
    { name: 'a nonce of 31 bytes', call: { ...good, nonce: '5a'.repeat(31) }, at: 'call.nonce' },
    { name: 'no purpose', call: { nonce: good.nonce }, at: 'call.purpose' },
    { name: 'a session without one', call: { ...good, session: undefined }, at: 'call.session' },
    { name: 'one of 19 bytes', call: { ...good, session: '11'.repeat(19) }, at: 'call.session' },
    { name: 'one of 65 bytes', call: { ...good, session: '11'.repeat(65) }, at: 'call.session' },
    { name: 'a session of a client', call: { ...good, purpose: 'client' }, at: 'call.session' },
    { name: 'what is not known', call: { ...good, more: 1 }, at: 'call' },
  ])('$name', ({ call, at }) => {
    const fault = faultOf(() => parseAttestCall(utf8(JSON.stringify(call))));
    expect([fault.code, fault.at]).toEqual(['malformed', at]);
  });
});

fuzz('a damaged call is refused, or is one', damaged(...CALLS.map(writeAttestCall)), (bytes) => {
  const call = orRefused(() => parseAttestCall(bytes));
  if (call === undefined) return;
  expect(call.nonce).toHaveLength(32);
  expect(call.session !== undefined).toBe(/^(?:ssh|tls)-session$/.test(call.purpose));
  expect(parseAttestCall(writeAttestCall(call))).toEqual(call);
});
