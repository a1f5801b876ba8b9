import { type NvidiaVerification, NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import type { Verification } from '../../../src/evidence/verification.ts';
import { reusedBuffer } from '../reused-buffer.ts';
import type { Subject } from '../subject.ts';
import { standingOf } from './covered.ts';
import { type Evidence, inputOf, sizeOf } from './evidence.ts';
import { problemsOf } from './well-formed.ts';
import { createWorld, type World } from './world.ts';

export function nvidiaSubject(): Subject<Evidence, World> {
  const world = createWorld();
  return {
    world,
    verifier: (entries) => verifierOf(world, entries),
    sizeOf,
    largest: 256 * 1024,
    kindOf: ({ report, rims, ocsp }) =>
      `${report.length} bytes, ${rims.length} manifests, ${ocsp.length} responses`,
    held,
    problemsOf: (result, evidence) => [
      ...problemsOf(result),
      ...beliefProblems(result, standingOf(world, evidence)),
    ],
  };
}

/** What a verifier says may fall short of the truth, never go beyond it. */
function beliefProblems(
  { verdict, authentic }: Verification,
  standing: ReturnType<typeof standingOf>,
): string[] {
  return [
    ...(verdict === 'accept' && standing !== 'acceptable' ? [`ACCEPTED WHAT IS ${standing}`] : []),
    ...(authentic && standing === 'neither' ? ['CALLED AUTHENTIC WHAT IS NOT'] : []),
  ];
}

/** A verifier under the world's anchors, of whose answers a report prints all. */
export function verifierOf(
  { anchors, at }: World,
  entries?: number,
): (evidence: Evidence) => Verification {
  const verifier = new NvidiaVerifier(anchors, entries);
  return (evidence) => printed(verifier.verify(inputOf(evidence, at)));
}

function printed(found: NvidiaVerification): Verification {
  const { report: _report, opaque: _opaque, identity: _identity, chain: _chain, ...result } = found;
  return result;
}

const placeReport = reusedBuffer(1 << 18);
const placeChain = reusedBuffer(1 << 18);
const placeRim = reusedBuffer(1 << 18);
const placeResponse = reusedBuffer(1 << 17);

/** The first manifest and the first response stand for all. */
export function held({ report, chain, rims, ocsp, asked }: Evidence): Evidence {
  return {
    report: placeReport(report),
    chain: placeChain(chain),
    rims: rims.map((rim, i) => (i === 0 ? placeRim(rim) : rim)),
    ocsp: ocsp.map((response, i) => (i === 0 ? placeResponse(response) : response)),
    asked,
  };
}
