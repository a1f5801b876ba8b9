import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { epochAddress } from '../../protocol/session/address.ts';
import type { Epoch } from '../../protocol/session/epoch.ts';
import type { BrokerDeps, ServingNode } from './deps.ts';
import type { Upstream } from './upstream.ts';

/** For all of an agent's answer, in milliseconds. */
const DEADLINE = 10_000;
/** A bundle of 32 MiB in base64, and a note. */
const LARGEST = 48 * 1024 * 1024;
const MOST = 64;

interface Held {
  readonly epoch: Promise<Epoch>;
  readonly until: number;
}

/** Evidence of nodes that is the same for everybody, asked for once in a while. */
export class Epochs {
  readonly #deps: Pick<BrokerDeps, 'endorse' | 'now' | 'limits'>;
  readonly #upstream: Upstream;
  /** By node and keyset: a new one has evidence of its own. */
  readonly #held = new Map<string, Held>();

  constructor(deps: Pick<BrokerDeps, 'endorse' | 'now' | 'limits'>, upstream: Upstream) {
    this.#deps = deps;
    this.#upstream = upstream;
  }

  /** @throws Fault `unreachable`, `malformed` for an answer that is none. */
  of(node: ServingNode): Promise<Epoch> {
    const name = `${node.id} ${node.keyset}`;
    const now = this.#deps.now();
    const held = this.#held.get(name);
    if (held !== undefined && now < held.until) return held.epoch;
    const epoch = this.#ask(node);
    epoch.catch(() => this.#held.delete(name));
    this.#held.delete(name);
    this.#held.set(name, { epoch, until: now + this.#deps.limits.epoch });
    const [oldest] = this.#held.keys();
    if (this.#held.size > MOST && oldest !== undefined) this.#held.delete(oldest);
    return epoch;
  }

  async #ask({ endpoint }: ServingNode): Promise<Epoch> {
    const bytes = await this.#upstream.get(epochAddress(endpoint), DEADLINE, LARGEST);
    const shape = new JsonShape(parseJson(fromUtf8(bytes, 'epoch'), 'epoch').value, 'epoch');
    const checkpoint = shape.string('checkpoint');
    const bundle = fromBase64(shape.string('bundle'), 'epoch.bundle');
    return { checkpoint, bundle: toBase64(await this.#deps.endorse(bundle)) };
  }
}
