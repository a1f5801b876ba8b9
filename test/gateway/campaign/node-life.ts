import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type AttestationOutcome, askForDecision } from '../../../src/agent/gateway/attestation.ts';
import { type GatewayClient, jsonBody } from '../../../src/agent/gateway/gateway-client.ts';
import type { NodeSigner } from '../../../src/agent/gateway/proof.ts';
import { nodeId } from '../../../src/cli/nodes/find-node.ts';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { Fault } from '../../../src/core/fault.ts';
import { ChallengeSchema } from '../../../src/protocol/enrolment.ts';
import { enrolmentTranscript } from '../../../src/protocol/enrolment-transcript.ts';
import { BUNDLE_TYPE, NONCE_HEADER } from '../../../src/protocol/media-types.ts';
import { type NodeJson, NodeSchema } from '../../../src/protocol/node.ts';
import { GATEWAY, type Member } from '../../support/fleet-bed.ts';
import type { Campaign } from './campaign.ts';
import type { Machine } from './population.ts';

/** A machine on the list of the gateways, under one name and key. */
export class NodeLife {
  readonly name: string;
  readonly #campaign: Campaign;
  readonly #machine: Machine;
  readonly #signer: NodeSigner;
  #id = '';

  /** @param keys its own, unless it is another's key that shows the machine. */
  constructor(campaign: Campaign, machine: Machine, name = machine.name, keys = keysOf(machine)) {
    this.name = name;
    this.#campaign = campaign;
    this.#machine = machine;
    this.#signer = keys;
  }

  get id(): string {
    return this.#id;
  }

  /** As itself, of one gateway. */
  at(gateway: { readonly url: string }): GatewayClient {
    return this.#campaign.front.client(gateway, this.#signer);
  }

  async enrol(endpoint?: string): Promise<void> {
    const { front, admin } = this.#campaign;
    const { inventory, kind } = this.#machine;
    const key = { algorithm: 'ed25519', publicKey: this.#signer.publicKey } as const;
    const facts = {
      ...{ name: this.name, pool: kind, key, inventory },
      ...(endpoint !== undefined && { endpoint }),
    };
    this.#id = await front.ask(admin, async (gateway) => {
      const path = '/v1/challenges';
      const asked = { method: 'POST', path, body: jsonBody({ key }) } as const;
      const { nonce } = await gateway.json(ChallengeSchema, asked);
      const transcript = enrolmentTranscript({
        origin: GATEWAY,
        nonce: fromHex(nonce, 'nonce'),
        enrolled: facts,
      });
      const signature = toHex(this.#signer.sign(transcript));
      const body = jsonBody({ ...facts, nonce, signature });
      try {
        return (await gateway.json(NodeSchema, { method: 'POST', path: '/v1/nodes', body })).id;
      } catch (error) {
        // The answer to an earlier attempt got lost.
        if (!(error instanceof Fault) || error.code !== 'conflict') throw error;
        return nodeId(gateway, this.name);
      }
    });
  }

  /**
   * Shows its evidence to some gateway until that has decided.
   *
   * @param made for another challenge than the one that it answers, if said.
   */
  attest(made: 'for it' | 'for another' = 'for it'): Promise<AttestationOutcome> {
    return this.#campaign.front.ask(this.#signer, async (gateway) => {
      const shown = await this.evidence(gateway, made);
      return this.show(gateway, shown);
    });
  }

  /** A challenge of a gateway, and what the machine answers to it. */
  async evidence(gateway: GatewayClient, made: 'for it' | 'for another' = 'for it') {
    const path = `/v1/nodes/${this.#id}/challenges`;
    const { nonce, purpose } = await gateway.json(ChallengeSchema, { method: 'POST', path });
    const asked = made === 'for it' ? fromHex(nonce, 'nonce') : new Uint8Array(32).fill(1);
    return { nonce, bundle: this.#machine.machine.bundle({ nonce: asked, purpose }) };
  }

  async show(
    gateway: GatewayClient,
    { nonce, bundle }: { readonly nonce: string; readonly bundle: Uint8Array },
  ): Promise<AttestationOutcome> {
    const outcome = await askForDecision(gateway, {
      method: 'POST',
      path: `/v1/nodes/${this.#id}/attestations`,
      headers: { [NONCE_HEADER]: nonce },
      body: { type: BUNDLE_TYPE, bytes: bundle },
    });
    this.#campaign.heard(outcome);
    return outcome;
  }

  /** What an operator does to it. */
  act(word: 'quarantine' | 'release' | 'revoke' | 'override'): Promise<NodeJson> {
    const { front, admin } = this.#campaign;
    return front.ask(admin, async (gateway) => {
      try {
        return await gateway.json(NodeSchema, this.asking(word));
      } catch (error) {
        // Where the answer to an earlier attempt got lost, it is released or revoked already.
        if (!(error instanceof Fault) || error.code !== 'conflict') throw error;
        const found = await gateway.json(NodeSchema, this.#self());
        if (found.standing.code === `operator.${word}`) return found;
        throw error;
      }
    });
  }

  asking(word: 'quarantine' | 'release' | 'revoke' | 'override') {
    const until = new Date(this.#campaign.front.now() + 2 * 3_600_000).toISOString();
    const body = jsonBody({
      reason: 'the campaign says so',
      ...(word === 'override' && { until }),
    });
    return { method: 'POST', path: `/v1/nodes/${this.#id}/${word}`, body } as const;
  }

  async remove(): Promise<void> {
    const { front, admin } = this.#campaign;
    const path = `/v1/nodes/${this.#id}?reason=${encodeURIComponent('the campaign says so')}`;
    await front.ask(admin, async (gateway) => {
      try {
        await gateway.done({ method: 'DELETE', path });
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'missing') throw error;
      }
    });
  }

  /** The gateway's own call, at its endpoint. */
  call(): Promise<AttestationOutcome> {
    const { front, admin } = this.#campaign;
    const path = `/v1/nodes/${this.#id}/call`;
    return front.ask(admin, async (gateway) => {
      const outcome = await askForDecision(gateway, { method: 'POST', path });
      this.#campaign.heard(outcome);
      return outcome;
    });
  }

  found(): Promise<NodeJson> {
    const { front, admin } = this.#campaign;
    return front.ask(admin, (gateway) => gateway.json(NodeSchema, this.#self()));
  }

  /** As that gateway sees it. */
  foundAt(gateway: { readonly url: string }): Promise<NodeJson> {
    const { front, admin } = this.#campaign;
    return front.client(gateway, admin).json(NodeSchema, this.#self());
  }

  #self() {
    return { method: 'GET', path: `/v1/nodes/${this.#id}` } as const;
  }
}

const PUT_OUT = { quarantine: 'quarantined', revoke: 'revoked' } as const;

/** @throws Error where it stands otherwise than an operator's word has left it. */
export function wantPutOut(
  { name, standing, admittedNow }: NodeJson,
  word: keyof typeof PUT_OUT,
): void {
  const { state, code } = standing;
  if (state === PUT_OUT[word] && code === `operator.${word}` && !admittedNow) return;
  const now = admittedNow ? 'admitted' : 'not admitted';
  throw new Error(`${name}: ${word} has left it ${state} (${code}), and ${now}`);
}

/** Another operator's key. */
export function freshKeys(): NodeSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return signerOf(toHex(new Uint8Array(raw)), privateKey);
}

function keysOf({ key, privateKey }: Member): NodeSigner {
  return signerOf(key.publicKey, privateKey);
}

function signerOf(publicKey: string, key: KeyObject): NodeSigner {
  const signed = (message: Uint8Array) => new Uint8Array(sign(null, message, key));
  return { kind: 'signature', publicKey, sign: signed };
}
