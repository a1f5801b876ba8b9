import { expect, it } from 'vitest';
import {
  isSessionPurpose,
  SESSION_PURPOSES,
  sessionNonce,
} from '../../../src/appraisal/binding/session-nonce.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';

const SESSION = new Uint8Array(32).fill(0x11);
const NONCE = new Uint8Array(32).fill(0x22);

it.each([
  ['ssh-session', '4b78b5579c706b4b30cef7797f035bf8cb362a4af150cd8244ba4aa40162edf2'],
  ['tls-session', '6c5761145f7b720f383a613f118f9af507a9cf3bc05275f4ae690adcce33c2ea'],
] as const)('of %s is pinned', (purpose, vector) => {
  expect(toHex(sessionNonce(purpose, SESSION, NONCE))).toBe(vector);
});

it('is another for each purpose, session and nonce, and wherever one ends and the next begins', () => {
  const all = [
    sessionNonce('ssh-session', SESSION, NONCE),
    sessionNonce('tls-session', SESSION, NONCE),
    sessionNonce('ssh-session', NONCE, SESSION),
    sessionNonce('ssh-session', SESSION.subarray(1), Uint8Array.of(0x11, ...NONCE)),
  ];
  expect(new Set(all.map(toHex)).size).toBe(all.length);
});

it('knows its purposes from others', () => {
  expect(SESSION_PURPOSES.every(isSessionPurpose)).toBe(true);
  expect(['client', 'ssh-session ', 'ssh', ''].some(isSessionPurpose)).toBe(false);
});
