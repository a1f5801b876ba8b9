import type { WithParts } from '../../appraisal/result/result-json.ts';
import { Fault } from '../../core/fault.ts';
import type { LedgerStore } from '../../ledger/store.ts';
import type { BundleAppraiser } from './bundle-appraiser.ts';
import type { Decisions } from './decisions.ts';
import type { FleetDeps } from './deps.ts';
import { Fleet } from './fleet.ts';
import type { PoolConfig } from './pool.ts';
import type { FleetService, Readiness, VerifyRequest } from './service.ts';

export interface GatewayServiceDeps extends FleetDeps {
  readonly appraiser: BundleAppraiser;
  readonly decisions: Decisions;
  readonly log: Pick<LedgerStore, 'head'>;
}

/** All that can be asked of a gateway: its fleet, past decisions, and verification that decides nothing. */
export class GatewayService implements FleetService {
  readonly fleet: Fleet;
  readonly #deps: GatewayServiceDeps;

  private constructor(deps: GatewayServiceDeps, fleet: Fleet) {
    this.#deps = deps;
    this.fleet = fleet;
  }

  static async open(
    deps: GatewayServiceDeps,
    configs: readonly PoolConfig[],
  ): Promise<GatewayService> {
    return new GatewayService(deps, await Fleet.open(deps, configs));
  }

  close(): Promise<void> {
    return this.fleet.close();
  }

  readonly enrolmentChallenge: FleetService['enrolmentChallenge'] = (key) =>
    this.fleet.enrolmentChallenge(key);
  readonly enrol: FleetService['enrol'] = (enrolment, by) => this.fleet.enrol(enrolment, by);
  readonly challenge: FleetService['challenge'] = (node) => this.fleet.challenge(node);
  readonly attest: FleetService['attest'] = (node, shown) => this.fleet.attest(node, shown);
  readonly call: FleetService['call'] = (node) => this.fleet.call(node);
  readonly node: FleetService['node'] = (id) => this.fleet.node(id);
  readonly nodes: FleetService['nodes'] = (filter, after, count) =>
    this.fleet.nodes(filter, after, count);
  readonly quarantine: FleetService['quarantine'] = (node, by, reason, until) =>
    this.fleet.quarantine(node, by, reason, until);
  readonly release: FleetService['release'] = (node, by, reason) =>
    this.fleet.release(node, by, reason);
  readonly revoke: FleetService['revoke'] = (node, by, reason) =>
    this.fleet.revoke(node, by, reason);
  readonly override: FleetService['override'] = (node, by, reason, until) =>
    this.fleet.override(node, by, reason, until);
  readonly remove: FleetService['remove'] = (node, by, reason) =>
    this.fleet.remove(node, by, reason);
  readonly policies: FleetService['policies'] = () => this.fleet.policies();
  readonly activatePolicy: FleetService['activatePolicy'] = (pool, by, file, revocations) =>
    this.fleet.activatePolicy(pool, by, file, revocations);
  readonly events: FleetService['events'] = (after, count) => this.fleet.events(after, count);
  readonly lastEvent: FleetService['lastEvent'] = () => this.fleet.lastEvent();
  readonly onEvents: FleetService['onEvents'] = (callback) => this.fleet.onEvents(callback);
  readonly misbehaviour: FleetService['misbehaviour'] = (after, count) =>
    this.fleet.misbehaviour(after, count);
  readonly decision: FleetService['decision'] = (id) => this.#deps.decisions.decision(id);
  readonly exportDecision: FleetService['exportDecision'] = (id) => this.#deps.decisions.export(id);
  readonly decisionProof: FleetService['decisionProof'] = (id) => this.#deps.decisions.proof(id);

  async verify({ evidence, pool, nonce, purpose }: VerifyRequest) {
    const { appraiser, now } = this.#deps;
    const expected = { ...(nonce && { nonce }), ...(purpose !== undefined && { purpose }) };
    const request = { bundle: evidence, expected, at: now() };
    const policy = pool === undefined ? undefined : this.fleet.policyOf(pool);
    const answer = await appraiser.verify({ ...request, ...(policy && { policy }) });
    return answer as WithParts & Readonly<Record<string, unknown>>;
  }

  async readiness(): Promise<Readiness> {
    const store = await this.#storeReadiness();
    const problems = this.fleet.problems();
    const pools = { ok: problems.length === 0, says: problems.join('; ') || 'each can decide' };
    return { ready: store.ok && pools.ok, parts: { store, pools } };
  }

  async #storeReadiness() {
    try {
      const head = await this.#deps.log.head();
      return { ok: head !== undefined, says: `the ledger has ${head?.size ?? 0} leaves` };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { ok: false, says: error.detail };
    }
  }
}
