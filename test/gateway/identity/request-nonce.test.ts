import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { requestNonceDigest } from '../../../src/gateway/identity/request-nonce.ts';

it('is of its scope, the key and the nonce', () => {
  const nonce = Uint8Array.of(1, 2, 3);
  const transcript = Buffer.concat([
    Buffer.from('00000018', 'hex'),
    Buffer.from('postern/request-nonce/v1'),
    Buffer.from('00000002', 'hex'),
    Buffer.from('ab'),
    Buffer.from('00000003010203', 'hex'),
  ]);
  const want = createHash('sha256').update(transcript).digest('hex');
  expect(requestNonceDigest('ab', nonce)).toBe(want);
});
