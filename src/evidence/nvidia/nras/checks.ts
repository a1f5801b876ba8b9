import {
  acceptable,
  authentic,
  authenticIfGiven,
  expected,
  onRequest,
  type Questions,
} from '../../question.ts';
import type { CheckId } from '../../verdict.ts';

/**
 * Every question about what NVIDIA's remote attestation service says of devices. One that can't
 * be asked, since what it is about could not be read, has no answer in a result; asked or not, an
 * answer other than `pass` to one of the baseline accepts nothing.
 */
export const NRAS_CHECKS = {
  'nras.clock': authentic('at', 'Is the time to verify at a real instant?'),
  'nras.eat.format': authentic(
    'eat',
    'Is it a detached EAT: an overall token and one for each device, each well-formed?',
  ),
  'nras.eat.algorithm': authentic('eat', 'Does every token say that it is signed by ES384?'),
  'nras.jwks.format': authentic(
    'jwks',
    'Is the service’s JWK set readable, each key id in it once?',
  ),
  'nras.jwks.key': authentic(
    'jwks',
    'Is each key that the tokens name one of P-384, and the key of its certificate?',
  ),
  'nras.jwks.validity': authenticIfGiven('jwks', 'Are these certificates within their validity?'),
  'nras.eat.signature': authentic('eat.overall', 'Did the service sign the overall token?'),
  'nras.devices.signature': authentic('eat.devices', 'Did it sign the token of every device?'),
  'nras.eat.issuer': authentic('eat', 'Does every token name the issuer expected?'),
  'nras.eat.validity': acceptable('eat', 'Are all tokens in date?'),
  'nras.eat.digests': authentic(
    'eat.overall.submods',
    'Does the overall token list these very device tokens, and no others?',
  ),
  'nras.eat.nonce': onRequest(
    'eat.overall.eat_nonce',
    'Is there a nonce of 32 bytes, and is it the one expected?',
  ),
  'nras.devices.nonce': authentic('eat.devices', 'Has every device token the same nonce?'),
  'nras.eat.result': acceptable(
    'eat.overall.x-nvidia-overall-att-result',
    'Is the overall result true?',
  ),
  'nras.devices.result': acceptable(
    'eat.devices',
    'Were the measurements of every device compared, with success?',
  ),
  'nras.devices.set': onRequest(
    'eat.devices',
    'Is it about different devices, each of them one whose evidence is at hand?',
  ),
} as const satisfies Questions<CheckId>;

export type NrasCheckId = keyof typeof NRAS_CHECKS;

export const NRAS_EXPECTED = expected(NRAS_CHECKS);
