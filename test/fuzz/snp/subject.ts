import { type SnpVerification, SnpVerifier } from '../../../src/evidence/snp/verifier.ts';
import type { Verification } from '../../../src/evidence/verification.ts';
import { reusedBuffer } from '../reused-buffer.ts';
import type { Subject } from '../subject.ts';
import { Covered } from './covered.ts';
import { type Evidence, inputOf, sizeOf } from './evidence.ts';
import { problemsOf } from './well-formed.ts';
import { createWorld, type World } from './world.ts';

export function snpSubject(): Subject<Evidence, World> {
  const world = createWorld();
  const covered = new Covered(world);
  return {
    world,
    verifier: (entries) => verifierOf(world, entries),
    sizeOf,
    largest: 256 * 1024,
    kindOf,
    held,
    problemsOf: (result, evidence) => [
      ...problemsOf(result),
      ...beliefProblems(result, covered.standing(evidence)),
    ],
  };
}

/** What a verifier says may fall short of the truth, never go beyond it. */
export function beliefProblems(
  { verdict, authentic }: Verification,
  standing: ReturnType<Covered['standing']>,
): string[] {
  return [
    ...(verdict === 'accept' && standing !== 'acceptable' ? [`ACCEPTED WHAT IS ${standing}`] : []),
    ...(authentic && standing === 'neither' ? ['CALLED AUTHENTIC WHAT IS NOT'] : []),
  ];
}

/** A verifier under the world's anchors, of whose answers a report prints all. */
export function verifierOf(
  { anchors }: Pick<World, 'anchors'>,
  entries?: number,
): (evidence: Evidence) => Verification {
  const verifier = new SnpVerifier(anchors, entries);
  return (evidence) => printed(verifier.verify(inputOf(evidence)));
}

function printed({ report: _report, line: _line, ...result }: SnpVerification): Verification {
  return result;
}

/** Each signature of RSA costs as much as all of the reading. */
export function kindOf({ report, chain = [], crl }: Evidence): string {
  const inTable = report.length > 1184 ? 'table' : 'no table';
  return `${inTable}, ${chain.length} blobs, ${crl ? 'list' : 'no list'}`;
}

const placeReport = reusedBuffer(1 << 19);
const placeVek = reusedBuffer(1 << 18);
const placeChain = reusedBuffer(1 << 18);
const placeCrl = reusedBuffer(1 << 18);

/** The first certificate of a chain stands for all. */
export function held({ report, vek, chain, crl, asked }: Evidence): Evidence {
  const [first, ...rest] = chain ?? [];
  return {
    report: placeReport(report),
    ...(vek && { vek: placeVek(vek) }),
    ...(chain && { chain: first ? [placeChain(first), ...rest] : [] }),
    ...(crl && { crl: placeCrl(crl) }),
    asked,
  };
}
