import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import type { HardwarePieces } from '../../ledger/record/outcome.ts';
import type { FleetNode } from './node.ts';

/** Why a node is not admitted: a check of the verdict, or a rule of the fleet (`fleet.…`). */
export interface FleetReason {
  readonly code: string;
  readonly outcome: 'fail' | 'unresolved';
  readonly path: string;
  readonly text: string;
}

/** What a decision means for a node. */
export type Outcome =
  | {
      readonly is: 'admitted';
      /** Milliseconds since the epoch. */
      readonly until: number;
    }
  /** The evidence, or who shows it, is not what may be let in. */
  | {
      readonly is: 'refused';
      readonly reasons: readonly FleetReason[];
      readonly misbehaviour?: string;
    }
  /** Nobody can say yet; that is no accusation. */
  | { readonly is: 'open'; readonly reasons: readonly FleetReason[] };

export interface Facts {
  readonly appraisal: Appraisal;
  readonly verified: { readonly pieces: HardwarePieces };
  /** Names of the hardware that the evidence speaks of, sorted. */
  readonly hardware: readonly string[];
  /** Which node has each of these. */
  readonly owners: ReadonlyMap<string, string>;
  /** The evidence is no older, in milliseconds since the epoch. */
  readonly evidenceAt: number;
  /** For how long evidence counts, in milliseconds. */
  readonly resultTtl: number;
  /** Whether evidence that does not say which machine it is of may do. */
  readonly identity: 'required' | 'where-shown';
}

/** An admission that would end at once helps nobody. */
const SHORTEST_MS = 1000;

/** The verdict decides first; an accepted machine has to be this node's besides. Pure. */
export function judge(
  node: Pick<FleetNode, 'id' | 'declared' | 'hardware'>,
  facts: Facts,
  now: number,
): Outcome {
  const { appraisal, evidenceAt, resultTtl } = facts;
  if (appraisal.verdict === 'reject') {
    return { is: 'refused', reasons: appraisal.reasons, ...misbehaviourIn(appraisal) };
  }
  // Of evidence that may be anybody's nothing is known of the machine.
  const broken = appraisal.authentic ? brokenRules(node, facts) : [];
  const [first] = broken;
  if (first !== undefined) {
    const { misbehaviour } = first;
    return {
      is: 'refused',
      reasons: broken.map(({ reason }) => reason),
      ...(misbehaviour !== undefined && { misbehaviour }),
    };
  }
  if (appraisal.verdict === 'indeterminate') return { is: 'open', reasons: appraisal.reasons };
  const ends =
    appraisal.until === undefined
      ? Number.POSITIVE_INFINITY
      : parseUtcTimestamp(appraisal.until, 'until');
  const until = Math.min(ends, evidenceAt + resultTtl);
  if (until - now >= SHORTEST_MS) return { is: 'admitted', until };
  const text = 'what the decision rests on has run out, or is about to';
  return {
    is: 'open',
    reasons: [{ code: 'fleet.lifetime', outcome: 'unresolved', path: 'until', text }],
  };
}

/** What only who made something up, or shows another's, can have caused. */
const MISBEHAVIOUR: Readonly<Record<string, string>> = {
  'tdx.quote.signature': 'evidence.forged',
  'snp.report.signature': 'evidence.forged',
  'vtpm.quote.signature': 'evidence.forged',
  'nvidia.report.signature': 'evidence.forged',
  'bundle.binding.report_data': 'evidence.unbound',
  'bundle.binding.vtpm_nonce': 'evidence.unbound',
  'bundle.binding.device_nonce': 'evidence.unbound',
  'bundle.nonce': 'evidence.replayed',
  'bundle.purpose': 'evidence.replayed',
};

function misbehaviourIn({ checks, parts }: Appraisal): { readonly misbehaviour?: string } {
  const failed = [checks, ...parts.map((part) => part.checks)]
    .flat()
    .filter(({ outcome }) => outcome === 'fail');
  const word = failed.map(({ id }) => MISBEHAVIOUR[id]).find((one) => one !== undefined);
  return word === undefined ? {} : { misbehaviour: word };
}

interface BrokenRule {
  readonly reason: FleetReason;
  readonly misbehaviour?: string;
}

function brokenRules(
  { id, declared, hardware: known }: Pick<FleetNode, 'id' | 'declared' | 'hardware'>,
  { verified, hardware, owners, identity }: Facts,
): readonly BrokenRule[] {
  const broken: BrokenRule[] = [];
  const fail = (code: string, path: string, text: string, misbehaviour?: string) =>
    broken.push({
      reason: { code, outcome: 'fail', path, text },
      ...(misbehaviour !== undefined && { misbehaviour }),
    });
  const { cpu, devices } = verified.pieces;
  const others = hardware.filter((name) => (owners.get(name) ?? id) !== id);
  if (others.length > 0) {
    const text = `${others.length} of ${hardware.length} hardware identities are another node’s`;
    fail('fleet.hardware.taken', 'hardware', text, 'hardware.shared');
  }
  if (known.length > 0 && !isSameSet(known, hardware)) {
    const gone = known.filter((name) => !hardware.includes(name)).length;
    const text = `it was accepted with other hardware before: ${gone} of ${known.length} identities are gone, ${hardware.length - known.length + gone} are new; remove the node and enrol it again if it was rebuilt`;
    fail('fleet.hardware.changed', 'hardware', text, 'hardware.changed');
  }
  if (hardware.length === 0 && identity === 'required') {
    const text = 'nothing in the evidence says which machine it is of (a masked chip id?)';
    fail('fleet.hardware.unknown', 'hardware', text);
  }
  const kind = cpu?.evidence;
  if (kind !== declared.cpu) {
    fail(
      'fleet.inventory.cpu',
      'inventory.cpu',
      `declared ${declared.cpu}, attested ${kind ?? 'none'}`,
    );
  }
  const counts = [
    ['gpus', 'nvidia-gpu', declared.gpus],
    ['switches', 'nvidia-switch', declared.switches],
  ] as const;
  for (const [name, evidence, want] of counts) {
    const got = devices.filter((device) => device.evidence === evidence).length;
    if (got === want) continue;
    fail(`fleet.inventory.${name}`, `inventory.${name}`, `declared ${want}, attested ${got}`);
  }
  return broken;
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
