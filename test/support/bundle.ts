import type { BundleInput } from '../../src/appraisal/bundle/input.ts';
import { type BundleVerification, verifyBundle } from '../../src/appraisal/bundle/verifier.ts';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import { bundleAnchors } from '../../src/simulator/bundle/anchors.ts';
import type { SimulatedBundle } from '../../src/simulator/bundle/simulate.ts';

/** As the simulator means it to be verified. */
export function verifiedBundle(
  { bundle, at, roots, questions }: SimulatedBundle,
  file = bundle,
  more: Partial<BundleInput> = {},
): BundleVerification {
  const anchors = bundleAnchors(roots);
  return verifyBundle({ bundle: file, at, anchors, expected: questions, ...more });
}

/** The ids of checks with one answer, of the whole or of a part. */
export function idsOf({ checks }: Pick<BundleVerification, 'checks'>, outcome: string): string[] {
  return checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
}

type Document = Record<string, unknown>;

/** The same file after an edit of its members. */
export function edited(bundle: Uint8Array, edit: (document: Document) => Document): Uint8Array {
  return utf8(JSON.stringify(edit(JSON.parse(fromUtf8(bundle, 'bundle')) as Document)));
}
