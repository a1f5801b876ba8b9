import type { Appraisal } from '../../src/appraisal/appraise/appraisal.ts';
import { earClaims } from '../../src/appraisal/result/ear-claims.ts';
import type { EarVerification } from '../../src/appraisal/result/verify-ear.ts';
import { context, issuerOf, wanted } from './ear.ts';
import { challenged, decided, wholeMachine } from './policy.ts';

export const machine = await wholeMachine();
export const verification = challenged(machine);

/** As if the simulator’s roots were the vendors’. */
export const under = (appraisal: Appraisal): Appraisal => ({ ...appraisal, anchors: 'vendor' });

export const simulated = decided(verification);
export const accepted = under(simulated);

export const issuer = issuerOf('ES256', 'gateway-1');
export const ed25519 = issuerOf('EdDSA', 'gateway-2');
export const pinned = [issuer.pinned, ed25519.pinned];

/** All that a relying party can ask for. */
export const strict = {
  ...wanted,
  nonce: machine.plan.nonce,
  policyDigests: [accepted.policy.digest],
  submods: { cpu: 1, gpu: 2, nvswitch: 4 },
};

export const claims = earClaims(accepted, context);

/** All that did not pass, as `fail:<id>`. */
export const answers = ({ checks }: EarVerification) =>
  checks.filter(({ outcome }) => outcome !== 'pass').map(({ id, outcome }) => `${outcome}:${id}`);
