import type { BrokerDeps, ServingNode } from './deps.ts';

/** After a failure to read how nodes stand, in milliseconds. */
const AGAIN = 1000;

/**
 * Which nodes may be relayed to now. It follows the fleet: what another gateway decides counts here
 * within a second. An admission ends by itself at its end, whoever can or can't be reached.
 */
export class Roster {
  readonly #deps: Pick<BrokerDeps, 'nodes' | 'now' | 'observe'>;
  readonly #nodes = new Map<string, ServingNode>();
  readonly #onOut: (node: string) => void;
  #unfollow: (() => void) | undefined;
  #pending: Set<string> | 'all' = 'all';
  #reading: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(
    deps: Pick<BrokerDeps, 'nodes' | 'now' | 'observe'>,
    onOut: (node: string) => void,
  ) {
    this.#deps = deps;
    this.#onOut = onOut;
  }

  /** @param onOut told of each node that was put out, whether it was let in again since or not. */
  static async open(
    deps: Pick<BrokerDeps, 'nodes' | 'now' | 'observe'>,
    onOut: (node: string) => void,
  ): Promise<Roster> {
    const roster = new Roster(deps, onOut);
    roster.#unfollow = await deps.nodes.follow((nodes) => roster.#changed(nodes));
    roster.#changed('all');
    await roster.#reading;
    return roster;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unfollow?.();
    clearTimeout(this.#retry);
    await this.#reading;
  }

  /** Undefined for one that nothing may be let to. */
  node(id: string): ServingNode | undefined {
    const node = this.#nodes.get(id);
    return node !== undefined && this.#deps.now() < node.until ? node : undefined;
  }

  /** Whether it may still be relayed to, and was not put out meanwhile. */
  stillServes({ id, since }: ServingNode): boolean {
    return this.node(id)?.since === since;
  }

  ofPool(pool: string): readonly ServingNode[] {
    const now = this.#deps.now();
    return [...this.#nodes.values()].filter((node) => node.pool === pool && now < node.until);
  }

  #changed(nodes: readonly string[] | 'all'): void {
    if (nodes === 'all') this.#pending = 'all';
    else if (this.#pending !== 'all') for (const node of nodes) this.#pending.add(node);
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
  }

  async #read(): Promise<void> {
    while (!this.#isClosed && (this.#pending === 'all' || this.#pending.size > 0)) {
      const pending = this.#pending;
      this.#pending = new Set();
      try {
        if (pending === 'all') this.#replace(await this.#deps.nodes.all());
        else for (const id of pending) this.#put(id, await this.#deps.nodes.one(id));
      } catch (error) {
        this.#deps.observe.failed(error);
        this.#pending = 'all';
        if (!this.#isClosed) this.#retry = setTimeout(() => this.#changed([]), AGAIN).unref();
        return;
      }
    }
  }

  #replace(nodes: readonly ServingNode[]): void {
    const now = new Map(nodes.map((node) => [node.id, node]));
    for (const id of [...this.#nodes.keys(), ...now.keys()]) this.#put(id, now.get(id));
  }

  #put(id: string, node: ServingNode | undefined): void {
    const before = this.#nodes.get(id);
    if (node !== undefined) this.#nodes.set(id, node);
    else this.#nodes.delete(id);
    if (before !== undefined && before.since !== node?.since) this.#onOut(id);
  }
}
