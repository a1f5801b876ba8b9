import { fromHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { type NodeJson, NodeSchema, type Services } from '../../protocol/node.ts';
import { parseTime } from '../../protocol/values.ts';
import type { Attester } from '../attesting/attester.ts';
import type { AgentConfig, GatewayConfig } from '../config.ts';
import type { KeyGeneration } from '../keys/key-generation.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { attest, challengeFor } from './attestation.ts';
import { enrol } from './enrol.ts';
import { GatewayClient, type GatewayIo } from './gateway-client.ts';
import type { NodeSigner } from './proof.ts';

export interface StandingOptions {
  readonly io: GatewayIo;
  readonly gateway: GatewayConfig;
  readonly machine: AgentConfig['machine'];
  /** Undefined where it serves nothing that people are told of. */
  readonly services: Services | undefined;
  readonly signer: NodeSigner;
  /** API key of role `node`; undefined where the node is enrolled already. */
  readonly enrolmentKey: string | undefined;
  readonly attester: Attester;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What a gateway thinks of this machine. */
export class Standing {
  readonly #options: StandingOptions;
  readonly #asNode: GatewayClient;
  #node: string | undefined;
  /** End of the admission, in milliseconds since the epoch. */
  #until: number | undefined;

  constructor(options: StandingOptions) {
    this.#options = options;
    const { io, gateway, signer } = options;
    const { address: base, origin } = gateway;
    this.#asNode = new GatewayClient(io, { base, origin, proof: signer });
    this.#node = gateway.node ?? undefined;
  }

  get client(): GatewayClient {
    return this.#asNode;
  }

  /** As the gateway knows it, once it does. */
  get node(): string | undefined {
    return this.#node;
  }

  get until(): number | undefined {
    return this.#until;
  }

  /**
   * Shows the gateway the evidence of a keyset; enrols first where that is still to do.
   *
   * @throws Fault where nothing was decided, or nothing good: `forbidden` for a refusal.
   */
  async show(generation: KeyGeneration): Promise<void> {
    const { attester, log, metrics } = this.#options;
    const node = this.#node ?? (await this.#enrol());
    const { nonce, purpose } = await this.#orForgotten(challengeFor(this.#asNode, node));
    const { origin } = this.#options.gateway;
    // What it asks for is made for it alone: a gateway could ask in another's name.
    if (purpose !== `admission:${origin}`) {
      throw new Fault('conflict', 'challenge.purpose', 'is not this gateway’s');
    }
    const bundle = await attester.own({
      purpose,
      nonce: fromHex(nonce, 'challenge.nonce', 32),
      keyset: generation.keyset,
    });
    const outcome = await attest(this.#asNode, node, nonce, bundle);
    if (outcome.verdict !== 'accept') {
      const { decision, code } = outcome.problem;
      log('error', 'not admitted', {
        outcome: outcome.verdict,
        keyset: generation.digest,
        ...(decision !== undefined && { decision }),
        ...(code !== undefined && { code }),
      });
      throw new Fault('forbidden', 'gateway', `the evidence was answered with ${outcome.verdict}`);
    }
    metrics.count('admissions');
    this.#take(outcome.answer.node);
    const { admission } = outcome.answer.node.standing;
    log('info', 'admitted', {
      node,
      keyset: generation.digest,
      decision: outcome.answer.decision,
      ...(admission && { until: admission.until }),
    });
  }

  /** @returns whether it is admitted now, by the gateway's word. @throws Fault. */
  async look(): Promise<boolean> {
    const node = this.#node;
    if (node === undefined) return false;
    const path = `/v1/nodes/${node}`;
    const found = await this.#orForgotten(this.#asNode.json(NodeSchema, { method: 'GET', path }));
    this.#take(found);
    return found.admittedNow;
  }

  #take({ standing: { admission } }: NodeJson): void {
    this.#until = admission && parseTime(admission.until, 'node.standing.admission.until');
  }

  /** A gateway that does not know the node any more has it enrolled again. */
  async #orForgotten<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      const isUnknown =
        error instanceof Fault && (error.code === 'missing' || error.code === 'unauthenticated');
      if (isUnknown && this.#options.gateway.node === null) this.#node = undefined;
      throw error;
    }
  }

  async #enrol(): Promise<string> {
    const { io, gateway, machine, services, signer, enrolmentKey, log } = this.#options;
    if (enrolmentKey === undefined) {
      throw new Fault('usage', 'gateway.node', 'is not known, and there is no key to enrol with');
    }
    const { address: base, origin, name, pool, endpoint } = gateway;
    const proof = { kind: 'api-key', text: enrolmentKey } as const;
    const { id } = await enrol(new GatewayClient(io, { base, origin, proof }), signer, {
      name,
      pool,
      ...(endpoint !== null && { endpoint }),
      ...(services && { services }),
      inventory: machine,
    });
    this.#node = id;
    log('info', 'enrolled', { node: id });
    return id;
  }
}
