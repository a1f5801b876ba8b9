import type { Static } from 'typebox';
import { AttestationAnswerSchema } from '../../protocol/attestation.ts';
import { ChallengeSchema } from '../../protocol/enrolment.ts';
import { BUNDLE_TYPE, NONCE_HEADER } from '../../protocol/media-types.ts';
import type { Ask, GatewayClient } from './gateway-client.ts';
import { codeOf, type GatewayProblem } from './gateway-problem.ts';

/** The challenge that a node's next evidence has to answer. */
export function challengeFor(
  gateway: GatewayClient,
  node: string,
): Promise<Static<typeof ChallengeSchema>> {
  return gateway.json(ChallengeSchema, { method: 'POST', path: `/v1/nodes/${node}/challenges` });
}

/**
 * Hands evidence in.
 *
 * @param nonce of the challenge that it answers, lower-case hex.
 * @throws Fault where nothing was decided.
 */
export function attest(
  gateway: GatewayClient,
  node: string,
  nonce: string,
  bundle: Uint8Array,
): Promise<AttestationOutcome> {
  return askForDecision(gateway, {
    method: 'POST',
    path: `/v1/nodes/${node}/attestations`,
    headers: { [NONCE_HEADER]: nonce },
    body: { type: BUNDLE_TYPE, bytes: bundle },
  });
}

/** What a gateway decided about evidence: a refusal is a decision as well. */
export type AttestationOutcome =
  | { readonly verdict: 'accept'; readonly answer: Static<typeof AttestationAnswerSchema> }
  | { readonly verdict: 'reject' | 'indeterminate'; readonly problem: GatewayProblem };

const REFUSALS: Readonly<Record<string, 'reject' | 'indeterminate'>> = {
  'attestation-rejected': 'reject',
  'attestation-indeterminate': 'indeterminate',
};

export async function askForDecision(
  gateway: GatewayClient,
  ask: Ask,
): Promise<AttestationOutcome> {
  const got = await gateway.answerOrProblem(AttestationAnswerSchema, ask);
  if ('answer' in got) return { verdict: 'accept', answer: got.answer };
  const code = codeOf(got.problem);
  const verdict = Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined;
  if (verdict === undefined) throw got.fault;
  return { verdict, problem: got.problem };
}
