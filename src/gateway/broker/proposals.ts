import { toHex } from '../../core/bytes/hex.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { Fault } from '../../core/fault.ts';
import { type Candidate, type Candidates, isCalled } from '../../protocol/session/candidates.ts';
import { writeTime } from '../../protocol/values.ts';
import type { BrokerDeps, BrokerPool, ServingNode } from './deps.ts';
import type { Health } from './health.ts';
import type { Roster } from './roster.ts';
import type { CandidatesAsked } from './service.ts';
import { draw, weigh } from './weights.ts';

type ProposalsDeps = Pick<BrokerDeps, 'pools' | 'nodes' | 'ledger' | 'now' | 'random'>;

/** Who is proposed to whom: pools by what they serve, nodes by how they fare. */
export class Proposals {
  readonly #deps: ProposalsDeps;
  readonly #roster: Roster;
  readonly #health: Health;

  constructor(deps: ProposalsDeps, roster: Roster, health: Health) {
    this.#deps = deps;
    this.#roster = roster;
    this.#health = health;
  }

  /** @throws Fault `usage` for a question about nothing, `missing` where no pool serves it. */
  async candidates({
    model,
    pool,
    node: id,
    name,
    region,
    count,
  }: CandidatesAsked): Promise<Candidates> {
    if (model === undefined && pool === undefined) {
      throw new Fault('usage', 'query', 'want a model or a pool');
    }
    if ((id !== undefined || name !== undefined) && pool === undefined) {
      throw new Fault('usage', 'query', 'a node of which pool?');
    }
    const fit = this.#deps.pools.filter(
      (one) =>
        (pool === undefined || one.name === pool) &&
        (model === undefined || one.models.includes(model)) &&
        (region === undefined || one.region === region),
    );
    const best = this.#roomiest(fit);
    if (best === undefined) throw new Fault('missing', 'query', 'no pool serves this');
    const serving = this.#roster.ofPool(best.name);
    const wanted = serving.filter(
      (node) =>
        (id === undefined || node.id === id) &&
        (name === undefined || isCalled({ ...node, node: node.id }, name)),
    );
    const chosen = this.draw(wanted, count);
    const weights = weigh(chosen.map(({ id }) => this.#health.facts(id, this.#deps.now())));
    const candidates = await Promise.all(
      chosen.map((node, i) => this.#candidate(node, weights[i] ?? 0, best.region)),
    );
    return {
      pool: best.name,
      ...(model !== undefined && { model }),
      ledger: { origin: this.#deps.ledger },
      candidates,
    };
  }

  #roomiest(pools: readonly BrokerPool[]): BrokerPool | undefined {
    const room = ({ name }: BrokerPool) => {
      const nodes = this.#roster.ofPool(name);
      return nodes.reduce((sum, { id }) => {
        const { inFlight, failures } = this.#health.facts(id, this.#deps.now());
        return sum + 1 / (1 + inFlight + failures);
      }, 0);
    };
    return pools.toSorted((a, b) => room(b) - room(a))[0];
  }

  /** Some of them, each once, those that fare better sooner. */
  draw(nodes: readonly ServingNode[], count: number): readonly ServingNode[] {
    const now = this.#deps.now();
    const weights = weigh(nodes.map(({ id }) => this.#health.facts(id, now)));
    return draw(weights, count, this.#deps.random).flatMap((index) => nodes[index] ?? []);
  }

  async #candidate(
    node: ServingNode,
    weight: number,
    region: string | undefined,
  ): Promise<Candidate> {
    const { decision, until, leaves } = await this.#deps.nodes.admission(node);
    return {
      node: node.id,
      name: node.name,
      ...(region !== undefined && { region }),
      ...(node.services && { services: node.services }),
      weight,
      until: writeTime(until),
      decision,
      keysetSha384: node.keyset,
      proofs: leaves.map(({ entry, proof, salt }) => ({
        entry: toBase64(entry),
        proof: toBase64(proof),
        ...(salt && { salt: toHex(salt) }),
      })),
    };
  }
}
