import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { blake2b512 } from '../../../src/core/crypto/blake2b.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

it('is that of RFC 7693 appendix A', () => {
  const digest = hex(
    'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1' +
      '7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
  );
  expect(blake2b512(utf8('abc'))).toEqual(digest);
  expect(blake2b512(asView(utf8('abc')))).toEqual(digest);
});
