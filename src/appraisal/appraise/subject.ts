import type { NvidiaNodeVerification } from '../../evidence/nvidia/node.ts';
import type { NvidiaVerification } from '../../evidence/nvidia/verifier.ts';
import type { SnpVerification } from '../../evidence/snp/verifier.ts';
import type { TdxVerification } from '../../evidence/tdx/verifier.ts';
import { type Verdict, worstOf } from '../../evidence/verdict.ts';
import type { Binding } from '../binding/recipe.ts';
import type { CpuVerification } from '../bundle/parts.ts';
import type { BundleVerification } from '../bundle/verifier.ts';
import type { VtpmVerification } from '../vtpm.ts';

/** Whatever was verified, and can be held against a policy. */
export type Appraisable =
  | BundleVerification
  | TdxVerification
  | SnpVerification
  | VtpmVerification
  | NvidiaNodeVerification
  | NvidiaVerification;

/** The pieces of it, wherever they came from. */
export interface Subject {
  readonly whole: Appraisable;
  readonly cpu: CpuVerification | undefined;
  readonly vtpm: VtpmVerification | undefined;
  readonly devices: readonly NvidiaVerification[];
  /** Undefined where there is no bundle, or none whose binding can be read. */
  readonly binding: Binding | undefined;
  /** What all but the CPU's own evidence comes to; undefined where there is nothing else. */
  readonly besideCpu: Verdict | undefined;
}

export function subjectOf(whole: Appraisable): Subject {
  const nothing = { whole, cpu: undefined, vtpm: undefined, devices: [], binding: undefined };
  if ('pieces' in whole) {
    const { pieces, binding } = whole;
    return { ...nothing, ...pieces, binding };
  }
  if ('alone' in whole) {
    const [cpu] = whole.parts;
    return {
      ...nothing,
      ...(cpu && isCpu(cpu) && { cpu }),
      vtpm: whole,
      besideCpu: whole.alone,
    };
  }
  if (isCpu(whole)) return { ...nothing, cpu: whole, besideCpu: undefined };
  const devices = 'parts' in whole ? whole.parts : [whole];
  const verdicts = [whole.verdict, ...devices.map(({ verdict }) => verdict)];
  return { ...nothing, devices, besideCpu: worstOf(verdicts) };
}

function isCpu(one: object): one is CpuVerification {
  return 'line' in one || 'quote' in one;
}
