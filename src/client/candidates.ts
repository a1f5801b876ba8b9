import { schemaMisfits } from '../core/document/schema-misfits.ts';
import type { JsonValue } from '../core/encoding/json.ts';
import { malformed } from '../core/fault.ts';
import {
  type Candidate,
  type Candidates,
  CandidatesSchema,
} from '../protocol/session/candidates.ts';
import type { Credential, Gateway } from './gateway.ts';
import type { Target } from './postern.ts';

/** Many times what a few nodes with three proofs each need. */
const LARGEST_ANSWER = 4 * 1024 * 1024;
/** The machines of a pool that are called so. */
export interface NamedTarget {
  readonly pool: string;
  readonly name: string;
}

/** Enough to go on to, where some don't hold what they promise. */
const FEW = 4;

/**
 * What the gateway proposes for a pool or a model. Hints: nothing of it is believed that evidence
 * and ledger don't show.
 *
 * @throws Fault `malformed` at `candidates…`; as {@link Gateway.json} besides.
 */
export async function askCandidates(
  gateway: Gateway,
  target: Target | NamedTarget,
  region: string | undefined,
  credential: Credential,
  count = FEW,
): Promise<Candidates> {
  const query = new URLSearchParams({ ...target, count: String(count) });
  if (region !== undefined) query.set('region', region);
  const path = `/v1/candidates?${query}`;
  return readCandidates(await gateway.json(path, LARGEST_ANSWER, { credential }), target);
}

/** @throws Fault `malformed` at `candidates…`, also for another pool or node than was asked for. */
export function readCandidates(value: JsonValue, target: Target | NamedTarget): Candidates {
  const [misfit] = schemaMisfits(CandidatesSchema, value);
  if (misfit) throw malformed(`candidates.${misfit.path}`, misfit.problem);
  const candidates = value as Candidates;
  if ('pool' in target && candidates.pool !== target.pool) {
    throw malformed('candidates.pool', `want ${target.pool}, got ${candidates.pool}`);
  }
  const node = 'node' in target ? target.node : undefined;
  const other = candidates.candidates.find((one) => node !== undefined && one.node !== node);
  if (other) throw malformed('candidates.candidates', `want ${node} alone, got ${other.node}`);
  const ids = new Set(candidates.candidates.map(({ node }) => node));
  if (ids.size < candidates.candidates.length) {
    throw malformed('candidates.candidates', 'a node twice');
  }
  return candidates;
}

/**
 * One of them, by their weights; where all weigh nothing, each is as good.
 *
 * @param chance at least 0 and below 1.
 */
export function pickByWeight(
  candidates: readonly Candidate[],
  chance: number,
): Candidate | undefined {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  if (total <= 0) return candidates[Math.floor(chance * candidates.length)];
  let rest = chance * total;
  for (const candidate of candidates) {
    rest -= candidate.weight;
    if (rest < 0) return candidate;
  }
  return candidates.findLast(({ weight }) => weight > 0);
}
