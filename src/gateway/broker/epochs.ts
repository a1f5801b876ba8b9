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
/** In bytes: of one answer, and of all that are held. A machine with eight GPUs has about one MiB. */
const SIZES = { each: 8 * 1024 * 1024, all: 64 * 1024 * 1024 };

interface Held {
  readonly epoch: Promise<Epoch>;
  readonly until: number;
  /** 0 until it is there. */
  size: number;
}

/** Evidence of nodes that is the same for everybody, asked for once in a while. */
export class Epochs {
  readonly #deps: Pick<BrokerDeps, 'endorse' | 'now' | 'limits'>;
  readonly #upstream: Pick<Upstream, 'get'>;
  readonly #sizes: typeof SIZES;
  /** By node and keyset: a new one has evidence of its own. */
  readonly #held = new Map<string, Held>();

  constructor(
    deps: Pick<BrokerDeps, 'endorse' | 'now' | 'limits'>,
    upstream: Pick<Upstream, 'get'>,
    sizes = SIZES,
  ) {
    this.#deps = deps;
    this.#sizes = sizes;
    this.#upstream = upstream;
  }

  /** @throws Fault `unreachable`, `malformed` for an answer that is none. */
  of(node: ServingNode): Promise<Epoch> {
    const name = `${node.id} ${node.keyset}`;
    const now = this.#deps.now();
    const held = this.#held.get(name);
    if (held !== undefined && now < held.until) return held.epoch;
    const asked: Held = { epoch: this.#ask(node), until: now + this.#deps.limits.epoch, size: 0 };
    this.#held.delete(name);
    this.#held.set(name, asked);
    asked.epoch.then(
      ({ checkpoint, bundle }) => {
        asked.size = checkpoint.length + bundle.length;
        this.#makeRoom();
      },
      () => {
        if (this.#held.get(name) === asked) this.#held.delete(name);
      },
    );
    return asked.epoch;
  }

  /** What was asked for first, and so is over first, goes; what is not there yet has no size. */
  #makeRoom(): void {
    let sum = 0;
    for (const { size } of this.#held.values()) sum += size;
    for (const [name, { size }] of this.#held) {
      if (sum <= this.#sizes.all) return;
      if (size === 0) continue;
      this.#held.delete(name);
      sum -= size;
    }
  }

  async #ask({ endpoint }: ServingNode): Promise<Epoch> {
    const bytes = await this.#upstream.get(epochAddress(endpoint), DEADLINE, this.#sizes.each);
    const shape = new JsonShape(parseJson(fromUtf8(bytes, 'epoch'), 'epoch').value, 'epoch');
    const checkpoint = shape.string('checkpoint');
    const bundle = fromBase64(shape.string('bundle'), 'epoch.bundle');
    return { checkpoint, bundle: toBase64(await this.#deps.endorse(bundle)) };
  }
}
