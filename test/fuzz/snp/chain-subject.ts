import { verifySnpChain } from '../../../src/evidence/snp/verify-chain.ts';
import type { CheckId } from '../../../src/evidence/verdict.ts';
import type { Verification } from '../../../src/evidence/verification.ts';
import type { Subject } from '../subject.ts';
import { Covered } from './covered.ts';
import { AT, type Evidence, sizeOf } from './evidence.ts';
import { beliefProblems, held, kindOf } from './subject.ts';
import { problemsOf } from './well-formed.ts';
import { createWorld, type World } from './world.ts';

/** What is asked of certificates, whichever report they may be for. */
const BASELINE: ReadonlySet<CheckId> = new Set([
  ...(['snp.clock', 'snp.vek.format', 'snp.vek.extensions', 'snp.vek.intermediate'] as const),
  ...(['snp.vek.chain', 'snp.vek.root', 'snp.vek.validity'] as const),
]);

/** The certificates of SNP evidence by themselves; the report is not looked at. */
export function snpChainSubject(): Subject<Evidence, World> {
  const world = createWorld();
  const covered = new Covered(world);
  const { anchors } = world;
  const verify = ({ vek, chain, crl }: Evidence): Verification => {
    const { chain: _parsed, ...printed } = verifySnpChain({
      ...(vek && { vek }),
      ...(chain && { chain }),
      ...(crl && { crl }),
      ...{ anchors, at: AT },
    });
    return printed;
  };
  return {
    world,
    verifier: () => verify,
    sizeOf,
    largest: 256 * 1024,
    kindOf,
    held,
    problemsOf: (result, evidence) => [
      ...problemsOf(result, BASELINE),
      ...beliefProblems(result, covered.areVendors(evidence) ? 'acceptable' : 'neither'),
    ],
  };
}
