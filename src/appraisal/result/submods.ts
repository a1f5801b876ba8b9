import type { Check } from '../../evidence/verdict.ts';
import type { Verification } from '../../evidence/verification.ts';
import type { Appraisal } from '../appraise/appraisal.ts';
import {
  type Aspect,
  TIERS,
  type Tier,
  type TrustVector,
  tierOf,
  trustVector,
  worstTier,
} from './trust-vector.ts';
import { isWaived, waiversOf } from './waivers.ts';

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

/** Where the evidence can't even be taken apart, there is still somebody to say no to. */
const UNREAD: SubmodKind = 'cpu';

/**
 * Each piece with what its own answers and those about it come to, at least one. None is better
 * than its worst part, and none better than the decision about the whole. One that was let pass
 * by the caller's leave is affirmed nowhere: the policy's digest says nothing of that leave.
 */
export function submodsOf(appraisal: Appraisal): readonly Submod[] {
  // A vTPM is a piece itself, and has the hardware that it rests on as its part.
  const isPiece = KINDS[appraisal.evidence] !== undefined;
  const pieces = isPiece ? [...appraisal.parts, appraisal] : appraisal.parts;
  const counts = new Map<SubmodKind, number>();
  const submods = pieces.flatMap((piece) => {
    const kind = KINDS[piece.evidence];
    if (kind === undefined) return [];
    const number = counts.get(kind) ?? 0;
    counts.set(kind, number + 1);
    return [submodOf(`${kind}${number}`, kind, piece, appraisal)];
  });
  return submods.length > 0 ? submods : [submodOf(`${UNREAD}0`, UNREAD, appraisal, appraisal)];
}

function submodOf(
  name: string,
  kind: SubmodKind,
  piece: Verification,
  appraisal: Appraisal,
): Submod {
  const own = piece === appraisal ? [] : piece.checks;
  const about = appraisal.checks.filter(({ id }) =>
    ABOUT[kind].some((prefix) => id.startsWith(prefix)),
  );
  const checks = [...own, ...about];
  const vector = vectorOf(kind, checks, piece.authentic, appraisal);
  const said = Object.values(vector).filter((value) => value !== 0);
  const status = worstTier([
    statusOf(piece, appraisal),
    statusOf(appraisal, appraisal),
    ...said.map(tierOf),
    ...(checks.some(isWaived) ? ['warning' as const] : []),
  ]);
  return { name, kind, status, vector };
}

/** What only the genuine hardware of a vendor makes true. */
const GENUINE: readonly Aspect[] = ['hardware', 'instance-identity', 'runtime-opaque'];

function vectorOf(
  kind: SubmodKind,
  checks: readonly Check[],
  authentic: boolean,
  { anchors, warnings }: Appraisal,
): TrustVector {
  const vector = { ...trustVector(checks, authentic) };
  if (isOpaque(kind, checks, vector, authentic)) vector['runtime-opaque'] = TIERS.affirming;
  if (anchors !== 'vendor') {
    for (const aspect of GENUINE) {
      if (tierOf(vector[aspect]) === 'affirming') vector[aspect] = TIERS.none;
    }
  }
  const warned = kind === 'cpu' && warnings.length > 0 && vector.hardware === TIERS.affirming;
  return warned ? { ...vector, hardware: TIERS.warning } : vector;
}

/** Memory is closed to the host in a CPU's guest without DEBUG, and in a GPU by its mode. */
function isOpaque(
  kind: SubmodKind,
  checks: readonly Check[],
  { hardware, configuration }: TrustVector,
  authentic: boolean,
): boolean {
  if (!authentic || tierOf(hardware) !== 'affirming') return false;
  if (kind === 'cpu') return tierOf(configuration) === 'affirming';
  const closed = ({ id, outcome }: Check) => id === 'policy.gpu.mode' && outcome === 'pass';
  return kind === 'gpu' && checks.some(closed);
}

/** Under a root that is no vendor's nobody is affirmed, who might not look at whose root it was. */
function statusOf({ verdict }: Verification, { warnings, anchors }: Appraisal): Tier {
  if (verdict === 'reject') return 'contraindicated';
  if (verdict === 'indeterminate') return 'none';
  return warnings.length > 0 || anchors !== 'vendor' ? 'warning' : 'affirming';
}

/** Never better than the worst part, nor than the verdict, nor than what was waived for it. */
export function overallStatus(appraisal: Appraisal, submods: readonly Submod[]): Tier {
  const waived = waiversOf(appraisal).length > 0;
  return worstTier([
    statusOf(appraisal, appraisal),
    ...submods.map(({ status }) => status),
    ...(waived ? ['warning' as const] : []),
  ]);
}
