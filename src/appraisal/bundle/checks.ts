import {
  authentic,
  authenticIfGiven,
  expected,
  onRequest,
  type Questions,
} from '../../evidence/question.ts';
import type { CheckId } from '../../evidence/verdict.ts';

/**
 * Every question about what holds the pieces of a bundle together; each piece has answers of
 * its own. What is asked about was given or asked for, and must be well.
 */
export const BUNDLE_CHECKS = {
  'bundle.format': authentic(
    'bundle',
    'Is it a bundle, every member known, within its limits and exact?',
  ),
  'bundle.cpu': authentic('cpu', 'Is there evidence of a CPU, and is it authentic?'),
  'bundle.binding.format': authentic(
    'binding',
    'Are the inputs of the binding’s recipe, the keyset among them, well-formed?',
  ),
  'bundle.binding.report_data': authentic(
    'cpu',
    'Is the CPU’s report data what the recipe makes of these very inputs and device evidence?',
  ),
  'bundle.binding.vtpm_nonce': authenticIfGiven(
    'vtpm.quote',
    'Is the nonce of the vTPM’s quote what the recipe makes of them?',
  ),
  'bundle.binding.device_nonce': authenticIfGiven(
    'devices',
    'Did every device sign the nonce that the recipe derives for it?',
  ),
  'bundle.binding.possession': authenticIfGiven(
    'binding.possession',
    'Is every key that is shown one of the keyset, and did it sign this challenge?',
  ),
  'bundle.keyset.validity': onRequest('binding.keyset', 'Is the keyset within its validity?'),
  'bundle.recipe': onRequest('binding.recipe', 'Is the recipe one of those asked for?'),
  'bundle.nonce': onRequest('binding.nonce', 'Is the challenge the one that was sent?'),
  'bundle.purpose': onRequest('binding.purpose', 'Was it made for the purpose asked for?'),
  'bundle.keyset': onRequest('binding.keyset', 'Is it the keyset that was asked for?'),
} as const satisfies Questions<CheckId>;

export type BundleCheckId = keyof typeof BUNDLE_CHECKS;

/** What a verdict, and what authenticity, is made of. */
export const BUNDLE_EXPECTED = expected(BUNDLE_CHECKS);
