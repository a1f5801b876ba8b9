import {
  type CompiledPolicy,
  compilePolicy,
} from '../../../src/appraisal/appraise/compiled-policy.ts';
import { draftPolicy } from '../../../src/appraisal/appraise/draft.ts';
import { type Appraisable, subjectOf } from '../../../src/appraisal/appraise/subject.ts';
import { verifyBundle } from '../../../src/appraisal/bundle/verifier.ts';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import type { TdxReferenceSet } from '../../../src/appraisal/policy/schema/tdx.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { verifyTdx } from '../../../src/evidence/tdx/verifier.ts';
import type { NodeEvidence } from '../nvidia/evidence.ts';
import { pick } from '../pool.ts';
import type { TdxEvidence } from '../tdx/evidence.ts';

const SETS = 200;

/** Something verified, and a policy of 200 reference sets of which it is the last. */
export interface Case {
  readonly verification: Appraisable;
  readonly policy: CompiledPolicy;
  /** The policy as a file. */
  readonly text: Uint8Array;
  readonly now: number;
}

/** A machine of 8 GPUs and 4 switches. */
export function nodeCase({ bundles, anchors, at, endorsements }: NodeEvidence): Case {
  return caseOf(verifyBundle({ bundle: pick(bundles, 0), anchors, at, endorsements }));
}

/** A quote by itself. */
export function quoteCase({ first, collateral, at, anchors }: TdxEvidence): Case {
  return caseOf(verifyTdx({ quote: first, collateral, at, anchors }));
}

function caseOf(verification: Appraisable): Case {
  const draft = draftPolicy(subjectOf(verification), {
    name: 'bench',
    setId: 'machine',
    provenance: { kind: 'calculated' },
  });
  const cpu = draft?.spec.evidence.cpu;
  if (!draft || cpu?.type !== 'intel-tdx') throw new Error('the bench has a TDX machine');
  const [own] = cpu.referenceSets;
  if (own === undefined) throw new Error('a draft has a reference set');
  const others = Array.from({ length: SETS - 1 }, (_, i) => neighbour(own, i));
  const policy = structuredClone(draft);
  policy.metadata.lifecycle = { state: 'active' };
  policy.spec.evidence.cpu = { ...cpu, referenceSets: [...others, own] };
  // What the bench's evidence does not carry: neither a challenge nor OCSP responses.
  const skip = { skip: 'the bench’s evidence has none' };
  if ('challenge' in policy.spec.bindings) policy.spec.bindings.challenge = skip;
  if (policy.spec.evidence.gpu) policy.spec.evidence.gpu.ocsp = skip;
  if (policy.spec.evidence.nvswitch) policy.spec.evidence.nvswitch.ocsp = skip;
  const text = utf8(JSON.stringify(policy));
  return {
    verification,
    policy: compilePolicy(readPolicy(text)),
    text,
    now: Date.parse(verification.at),
  };
}

/** As releases of one image are: the same firmware, another kernel. */
function neighbour(own: TdxReferenceSet, i: number): TdxReferenceSet {
  const { recordedEvents: _none, ...set } = own;
  return { ...set, id: `release-${i}`, rtmr1: i.toString(16).padStart(96, '0') };
}
