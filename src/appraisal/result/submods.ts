import type { Check } from '../../evidence/verdict.ts';
import type { Verification } from '../../evidence/verification.ts';
import type { Appraisal } from '../appraise/appraisal.ts';
import {
  TIERS,
  type Tier,
  type TrustVector,
  tierOf,
  trustVector,
  worstTier,
} from './trust-vector.ts';

/** One attester of a machine, as a token has it. */
export interface Submod {
  /** `cpu0`, `vtpm0`, `gpu0`…, `nvswitch0`… */
  readonly name: string;
  readonly kind: SubmodKind;
  readonly status: Tier;
  readonly vector: TrustVector;
}

export type SubmodKind = 'cpu' | 'vtpm' | 'gpu' | 'nvswitch';

const KINDS: Readonly<Partial<Record<Verification['evidence'], SubmodKind>>> = {
  tdx: 'cpu',
  snp: 'cpu',
  vtpm: 'vtpm',
  'nvidia-gpu': 'gpu',
  'nvidia-switch': 'nvswitch',
};

/** What of the whole's answers is about devices; all the rest is about the CPU, or all of them. */
const ABOUT: Readonly<Record<SubmodKind, readonly string[]>> = {
  cpu: [
    ...['bundle.', 'tdx.', 'snp.', 'policy.evidence.', 'policy.reference_set.', 'policy.tdx.'],
    ...['policy.snp.', 'policy.binding.', 'policy.workload.', 'policy.deployment.', 'policy.log.'],
  ],
  vtpm: ['vtpm.', 'policy.vtpm.'],
  gpu: ['nvidia.', 'bundle.binding.device_nonce', 'policy.gpu.', 'policy.composite.topology'],
  nvswitch: [
    ...['nvidia.', 'bundle.binding.device_nonce', 'policy.nvswitch.', 'policy.composite.topology'],
  ],
};

/**
 * Each piece with what its own answers and those about it come to. None is better than its worst
 * part, and none better than the decision about the whole.
 */
export function submodsOf(appraisal: Appraisal): readonly Submod[] {
  const pieces = appraisal.parts.length > 0 ? appraisal.parts : [appraisal];
  const counts = new Map<SubmodKind, number>();
  return pieces.flatMap((piece) => {
    const kind = KINDS[piece.evidence];
    if (kind === undefined) return [];
    const number = counts.get(kind) ?? 0;
    counts.set(kind, number + 1);
    const own = piece === appraisal ? [] : piece.checks;
    const about = appraisal.checks.filter(({ id }) =>
      ABOUT[kind].some((prefix) => id.startsWith(prefix)),
    );
    const checks = [...own, ...about];
    const vector = vectorOf(checks, piece, kind === 'cpu' ? appraisal.warnings : []);
    const values = Object.values(vector);
    const status = worstTier([
      statusOf(piece, appraisal),
      statusOf(appraisal, appraisal),
      ...values.filter((value) => value !== 0).map(tierOf),
    ]);
    return [{ name: `${kind}${number}`, kind, status, vector }];
  });
}

function vectorOf(
  checks: readonly Check[],
  { authentic }: Verification,
  warnings: readonly string[],
): TrustVector {
  const vector = trustVector(checks, authentic);
  const warned = warnings.length > 0 && vector.hardware === TIERS.affirming;
  return warned ? { ...vector, hardware: TIERS.warning } : vector;
}

/** Under a root that is no vendor's nobody is affirmed, who might not look at whose root it was. */
function statusOf({ verdict }: Verification, { warnings, anchors }: Appraisal): Tier {
  if (verdict === 'reject') return 'contraindicated';
  if (verdict === 'indeterminate') return 'none';
  return warnings.length > 0 || anchors !== 'vendor' ? 'warning' : 'affirming';
}

/** Never better than the worst part, and never better than the verdict. */
export function overallStatus(appraisal: Appraisal, submods: readonly Submod[]): Tier {
  return worstTier([statusOf(appraisal, appraisal), ...submods.map(({ status }) => status)]);
}
