import { GatewayClient } from '../../../src/agent/gateway/gateway-client.ts';
import type { Proof } from '../../../src/agent/gateway/proof.ts';
import { isPassing } from '../../../src/core/fault.ts';
import type { Random } from '../../fuzz/random.ts';
import { GATEWAY } from '../../support/fleet-bed.ts';
import type { GatewayProcess } from './gateway-process.ts';

/** Milliseconds: a gateway that takes the place of a killed one has to wait for the log. */
const PATIENCE = 300_000;
const PAUSE = { least: 50, most: 400 };

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The gateways of one database, as somebody sees them who asks now one, now another. */
export class Front {
  /** By place; one that was killed stays in its place until there is another. */
  readonly gateways: GatewayProcess[];
  /** Why somebody had to ask again, and how often. */
  readonly again = new Map<string, number>();
  readonly #random: Random;
  readonly #ahead: number;

  /** @param ahead milliseconds from this machine's clock to the simulated present. */
  constructor(gateways: readonly GatewayProcess[], random: Random, ahead: number) {
    this.gateways = [...gateways];
    this.#random = random;
    this.#ahead = ahead;
  }

  now(): number {
    return Date.now() + this.#ahead;
  }

  /** One gateway, as whoever shows that proof. */
  client({ url }: Pick<GatewayProcess, 'url'>, proof: Proof): GatewayClient {
    const io = {
      fetch: globalThis.fetch,
      now: () => this.now(),
      randomBytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
    };
    return new GatewayClient(io as never, { base: url, origin: GATEWAY, proof });
  }

  /**
   * Asks any gateway, and another if that one can't say: whatever is asked may have been done
   * already when it is asked again.
   *
   * @throws whatever comes of it other than Fault `unreachable` or `busy`, and those after too long.
   */
  async ask<T>(proof: Proof, act: (gateway: GatewayClient) => Promise<T>): Promise<T> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      try {
        return await act(this.client(this.#random.pick(this.gateways), proof));
      } catch (error) {
        if (!isPassing(error) || Date.now() > end) throw error;
        const why = error.detail.replaceAll(/[0-9a-f-]{16,}|\d+/g, '…').slice(0, 160);
        this.again.set(why, (this.again.get(why) ?? 0) + 1);
        await sleep(this.#random.between(PAUSE.least, PAUSE.most));
      }
    }
  }
}
