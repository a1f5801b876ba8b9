import { expect } from 'vitest';
import { openLedger } from '../../../src/cli/audit/open-ledger.ts';
import type { NodeState } from '../../../src/gateway/fleet/node.ts';
import { parseLeaf } from '../../../src/ledger/leaf/entry.ts';
import type { Leaf } from '../../../src/ledger/leaf/leaf.ts';
import type { LogIdentity } from '../../../src/ledger/writer/identity.ts';
import { readOwnCheckpoint } from '../../../src/ledger/writer/identity.ts';
import type { GatewayStore } from '../../../src/store/gateway-store.ts';
import { jsonOf } from '../../cli/fake-io.ts';
import { gate } from '../../cli/gateway/gateways.ts';
import { rootsOf } from '../../support/roots.ts';
import { type Campaign, ENDS } from './campaign.ts';
import type { Observer } from './observer.ts';
import type { Machine } from './population.ts';

const PAGE = 1000;

export interface Place {
  readonly dir: string;
  readonly database: string | undefined;
}

/** Holds what a campaign has left behind against what everybody was told while it went on. */
export class Aftermath {
  readonly #store: GatewayStore;
  readonly #identity: LogIdentity;
  readonly #leaves: readonly Leaf[];
  readonly #entries: readonly Uint8Array[];
  readonly #index: ReadonlyMap<string, number>;
  readonly close: () => Promise<void>;

  static async open({ dir, database }: Place): Promise<Aftermath> {
    const env = (name: string) => (name === 'DATABASE_URL' ? database : undefined);
    const ledger = await openLedger({ env } as never, `${dir}/ledger`, 'own');
    const size = (await ledger.store.head())?.size ?? 0;
    const entries: Uint8Array[] = [];
    for (let from = 0; from < size; from += PAGE) {
      const page = await ledger.store.leaves(from, Math.min(size, from + PAGE));
      entries.push(...page.map(({ entry }) => entry));
    }
    expect(entries).toHaveLength(size);
    return new Aftermath(ledger, entries);
  }

  private constructor(
    {
      store,
      identity,
      close,
    }: Pick<Awaited<ReturnType<typeof openLedger>>, 'store' | 'identity' | 'close'>,
    entries: readonly Uint8Array[],
  ) {
    this.#store = store;
    this.#identity = identity;
    this.#entries = entries;
    this.#leaves = entries.map((entry) => parseLeaf(entry));
    this.#index = new Map(this.#leaves.map(({ id }, i) => [id, i]));
    this.close = close;
  }

  get size(): number {
    return this.#leaves.length;
  }

  count(type: Leaf['type']): number {
    return this.#leaves.filter((leaf) => leaf.type === type).length;
  }

  /** Whatever anybody saw published, before a gateway was killed or after, is of this one tree. */
  expectOneTree({ checkpoints, kills }: Observer): void {
    expect(this.#index.size).toBe(this.size);
    const roots = rootsOf(this.#entries);
    for (const { note } of checkpoints.values()) {
      const { size, root } = readOwnCheckpoint(this.#identity, note, 'seen');
      expect(Buffer.from(root).toString('hex'), `at ${size}`).toBe(roots[size]);
    }
    // Each life of the gateways was seen.
    const seen = new Set([...checkpoints.values()].map((one) => one.kills));
    expect(seen.size).toBe(kills + 1);
  }

  /** What was answered stands where it was said to, with its record. */
  async expectKept({ decisions }: Campaign): Promise<void> {
    for (const [id, { verdict, leaf: said }] of decisions) {
      const index = this.#index.get(id);
      const leaf = this.#leaves[index ?? -1];
      expect(leaf?.type, id).toBe('decision');
      if (said !== undefined) expect(index, id).toBe(said);
      // A rule of the fleet may refuse what the evidence is good for.
      if (leaf?.type === 'decision' && verdict !== 'reject') expect(leaf.verdict).toBe(verdict);
      expect((await this.#store.record(id))?.index, id).toBe(index);
    }
  }

  /** No admission without its leaf, and no leaf of one without the word to those who follow. */
  async expectAdmissions(): Promise<void> {
    const told = new Map<string, string>();
    for (let after = 0; ; ) {
      const events = await this.#store.events(after, PAGE);
      for (const [i, { seq, data }] of events.entries()) {
        expect(seq).toBe(after + i + 1);
        if (typeof data['admission'] === 'string')
          told.set(data['admission'], String(data['decision']));
      }
      after = events.at(-1)?.seq ?? 0;
      if (events.length < PAGE) break;
    }
    const granted = this.#leaves.filter((leaf) => leaf.type === 'admission.granted');
    expect(new Map(granted.map(({ id, decision }) => [id, decision]))).toEqual(told);
    for (const { id, decision } of granted) {
      const [own, rests] = [this.#index.get(id), this.#index.get(decision)];
      expect(rests, id).toBeLessThan(own ?? -1);
    }
    for (const { standing } of await this.#store.nodes({}, undefined, 10 * PAGE)) {
      if (standing.state !== 'admitted') continue;
      expect(told.get(standing.admission.id)).toBe(standing.admission.decision);
    }
  }

  /** Everybody is where its fate has put it, and no hardware is anybody else's as well. */
  async expectFleet({ lives, twins }: Campaign): Promise<void> {
    const nodes = await this.#store.nodes({}, undefined, 10 * PAGE);
    const states = new Map(nodes.map(({ id, standing }) => [id, standing.state]));
    expect(nodes).toHaveLength(lives.size + twins.size);
    const wrong: string[] = [];
    for (const [machine, { id }] of lives) {
      const twin = twins.get(machine);
      const found = [states.get(id), ...(twin ? [states.get(twin.id)] : [])].sort();
      const want: (NodeState | undefined)[] = twin
        ? ['admitted', 'enrolled']
        : [ENDS[machine.fate]];
      if (found.join() !== want.join()) wrong.push(`${machine.name}: ${found.join()}`);
    }
    expect(wrong).toEqual([]);
    const hardware = nodes.flatMap((node) => node.hardware);
    expect(new Set(hardware).size).toBe(hardware.length);
    expect(hardware.length).toBeGreaterThan(0);
    expect(await this.#store.faults()).toEqual([]);
  }

  /** Which machines were shown to be forged, and by whom. */
  async misbehaved(): Promise<ReadonlySet<string>> {
    const events = await this.#store.events(0, 10 * PAGE, 'node.misbehaved');
    return new Set(events.map(({ node }) => node ?? ''));
  }
}

/** The whole ledger once more, as an auditor does it. */
export async function expectAudited({ dir, database }: Place): Promise<number> {
  const env = (name: string) => (name === 'DATABASE_URL' ? database : undefined);
  const fsck = await gate(['audit', 'fsck', `${dir}/ledger`], { env });
  expect([fsck.exit, fsck.exit === 0 ? '' : fsck.out + fsck.err]).toEqual([0, '']);
  const ran = await gate(['audit', 'replay', `${dir}/ledger`, '--json'], { env });
  const { replayed, same, decisions } = jsonOf(ran) as {
    readonly replayed: number;
    readonly same: number;
    /** Those that came out otherwise, or could not be made again. */
    readonly decisions: readonly unknown[];
  };
  expect([ran.exit, same, decisions.slice(0, 3)]).toEqual([0, replayed, []]);
  return replayed;
}

export function idsOfFate({ lives }: Campaign, fate: Machine['fate']): readonly string[] {
  return [...lives].filter(([machine]) => machine.fate === fate).map(([, { id }]) => id);
}
