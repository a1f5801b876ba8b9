import { describe, expect, it } from 'vitest';
import { BUNDLE_CHECKS, type BundleCheckId } from '../../../src/appraisal/bundle/checks.ts';
import {
  BUNDLE_FAULTS,
  BUNDLE_VARIANTS,
  type BundleFault,
  type BundleFaultName,
  bundleCase,
} from '../../../src/simulator/bundle/faults.ts';
import { simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { idsOf, verifiedBundle } from '../../support/bundle.ts';

const names = (faults: object) => Object.keys(faults) as BundleFaultName[];

describe('each fault of a bundle trips its own checks and no other', () => {
  it.each(names(BUNDLE_FAULTS))('%s', async (fault) => {
    const { fails = [], unresolved = [] } = bundleCase(fault);
    const result = verifiedBundle(await simulateBundle({ fault }));
    expect(idsOf(result, 'fail').sort()).toEqual([...fails].sort());
    expect(idsOf(result, 'unresolved').sort()).toEqual([...unresolved].sort());
    expect(result.verdict).toBe(fails.length > 0 ? 'reject' : 'indeterminate');
    // The pieces are genuine: what is wrong is how they are put together.
    for (const part of result.parts) expect(part.verdict).toBe('accept');
  });
});

describe('what is merely out of the ordinary is accepted', () => {
  it.each(names(BUNDLE_VARIANTS))('%s', async (fault) => {
    const result = verifiedBundle(await simulateBundle({ fault }));
    expect([...idsOf(result, 'fail'), ...idsOf(result, 'unresolved')]).toEqual([]);
    expect(result).toMatchObject({ verdict: 'accept', authentic: true, anchors: 'simulator' });
  });
});

/** Of pieces that the simulator's bundles don't have; tested with those that have them. */
const ELSEWHERE: readonly BundleCheckId[] = ['bundle.binding.vtpm_nonce'];

it('has a fault for every check that trips it', () => {
  const faults: readonly BundleFault[] = Object.values(BUNDLE_FAULTS);
  const tripped = new Set(
    faults.flatMap(({ fails = [], unresolved = [] }) => [...fails, ...unresolved]),
  );
  const ids = Object.keys(BUNDLE_CHECKS) as BundleCheckId[];
  expect(ids.filter((id) => !tripped.has(id))).toEqual(ELSEWHERE);
});
