import { authentic, onRequest, type Questions } from '../../../evidence/question.ts';
import type { CheckId } from '../../../evidence/verdict.ts';

/** Every question asked of a signed policy by itself. */
export const SIGNED_POLICY_CHECKS = {
  'policy.signed.envelope': authentic('envelope', 'Is it a DSSE envelope?'),
  'policy.signed.type': authentic('envelope.payloadType', 'Does it hold a measurement policy?'),
  'policy.signed.signatures': authentic(
    'envelope.signatures',
    'Did enough distinct keys of the keyring sign it?',
  ),
  'policy.signed.payload': authentic('policy', 'Is it a policy in canonical JSON?'),
  'policy.signed.name': authentic('policy.metadata.name', 'May these keys speak for this policy?'),
  'policy.signed.revocation': onRequest('policy', 'Is no revocation of it known?'),
} as const satisfies Questions<CheckId>;

export type SignedPolicyCheckId = keyof typeof SIGNED_POLICY_CHECKS;

/** Every question asked of a revision and what was there before it. */
export const CHAIN_CHECKS = {
  'policy.chain.name': authentic('policy.metadata.name', 'Is it the same policy?'),
  'policy.chain.revision': authentic(
    'policy.metadata.revision',
    'Is it the very next revision, or the first?',
  ),
  'policy.chain.previous': authentic(
    'policy.metadata.previous',
    'Does it name the digest of the revision before?',
  ),
  'policy.chain.lifecycle': authentic(
    'policy',
    'Do states only go on, and does nothing that was revoked come back?',
  ),
  'policy.chain.signatures': authentic(
    'envelope.signatures',
    'Did enough distinct keys of the keyring sign it?',
  ),
  'policy.chain.activation': authentic(
    'policy.metadata.lifecycle',
    'Has it been known for long enough, and is its own beginning past?',
  ),
  'policy.chain.rollback': authentic(
    'policy.metadata.revision',
    'Is it neither older than what was accepted, nor another one of the same number?',
  ),
} as const satisfies Questions<CheckId>;

export type ChainCheckId = keyof typeof CHAIN_CHECKS;
