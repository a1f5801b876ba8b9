import { authentic, onRequest, type Questions } from '../../evidence/question.ts';
import type { CheckId } from '../../evidence/verdict.ts';

/** Every question that a relying party asks of a token. */
export const EAR_CHECKS = {
  'ear.format': authentic('token', 'Is it a token of this profile, every claim of its type?'),
  'ear.algorithm': authentic(
    'token.header.alg',
    'Is it signed with an algorithm that is accepted?',
  ),
  'ear.signature': authentic('token.signature', 'Did a key of the issuer’s sign it?'),
  'ear.times': authentic('token.exp', 'Is it in force now, and does it say so in whole seconds?'),
  'ear.issuer': authentic('token.iss', 'Is it of the issuer asked for?'),
  'ear.audience': authentic('token.aud', 'Is it for the audience asked for?'),
  'ear.nonce': onRequest('token.eat_nonce', 'Does it answer the nonce asked for?'),
  'ear.policy': onRequest('token.submods', 'Was each piece decided by a policy asked for?'),
  'ear.status': authentic(
    'token.ear_status',
    'Does it say what is asked for at least, and each of its pieces?',
  ),
  'ear.submods': onRequest('token.submods', 'Are there as many pieces as asked for?'),
} as const satisfies Questions<CheckId>;

export type EarCheckId = keyof typeof EAR_CHECKS;
