import { fromHex } from '../../core/bytes/hex.ts';
import { parseDecisionLeaf, parseLeaf } from '../../ledger/leaf/entry.ts';
import type { Leaf } from '../../ledger/leaf/leaf.ts';
import { saltedKeyset } from '../../ledger/leaf/salted.ts';
import { ArchiveReader } from '../../ledger/record/archive-reader.ts';
import { parseManifest } from '../../ledger/record/manifest.ts';
import type { LedgerStore, StoredLeaf } from '../../ledger/store.ts';
import type { FleetStore } from './store.ts';

type Source = Pick<LedgerStore, 'leafById' | 'leaves' | 'blob' | 'record'> &
  Pick<FleetStore, 'decisionsOf'>;

/** The leaf that binds a keyset to a node. */
export interface BoundKeyset {
  readonly index: number;
  readonly entry: Uint8Array;
  /** The keyset's SHA-384 under the salt. */
  readonly bound: `hmac-sha256:${string}`;
  /** Id of the decision that the node was admitted by. */
  readonly decision: string;
  /** Of the record of that decision, by which it can be told which keyset that is; 32 bytes. */
  readonly salt: Uint8Array;
}

interface Found {
  /** The last decision that was looked at. */
  readonly last: string | undefined;
  /** Newest first. */
  readonly bindings: readonly BoundKeyset[];
  /** Decisions from before these that nobody had to look at yet, newest first. */
  readonly rest: readonly string[];
}

/** Decisions of one node that are looked at, the refused ones among them. */
const MOST_DECISIONS = 512;
/** More than a day of keysets that live for an hour: so long statements may be handed in. */
const MOST_BINDINGS = 32;
const MOST_NODES = 1024;
/** Leaves of one decision stand side by side. */
const BESIDE = 8;

/**
 * Which keysets nodes were admitted with. What stands in the log stays, so each decision is looked
 * at once, the newest first: whoever asks for a keyset that there is not costs no more than who asks for a known one.
 */
export class KeyBindings {
  readonly #store: Source;
  readonly #found = new Map<string, Promise<Found>>();

  constructor(store: Source) {
    this.#store = store;
  }

  /** @param keyset SHA-384 of its exact bytes, lower-case hex. */
  async of(node: string, keyset: string): Promise<BoundKeyset | undefined> {
    const sha384 = fromHex(keyset, 'keyset', 48);
    const isOf = ({ bound, salt }: BoundKeyset) => bound === saltedKeyset(salt, sha384);
    const { bindings } = await this.#lookFor(node, isOf);
    return bindings.find(isOf);
  }

  /** One after the other of a node: they go on from each other. */
  #lookFor(node: string, isWanted: (one: BoundKeyset) => boolean): Promise<Found> {
    const before = this.#found.get(node);
    const now = this.#goOn(node, before, isWanted);
    this.#found.delete(node);
    this.#found.set(node, now);
    now.catch(() => {
      if (this.#found.get(node) === now) this.#found.delete(node);
    });
    const [oldest] = this.#found.keys();
    if (this.#found.size > MOST_NODES && oldest !== undefined) this.#found.delete(oldest);
    return now;
  }

  async #goOn(
    node: string,
    before: Promise<Found> | undefined,
    isWanted: (one: BoundKeyset) => boolean,
  ): Promise<Found> {
    const known = await before?.catch(() => undefined);
    const { last, bindings, rest } = await this.#withNew(node, known);
    const found = [...bindings];
    const left = [...rest];
    while (!found.some(isWanted) && found.length < MOST_BINDINGS) {
      const next = left.shift();
      if (next === undefined) break;
      found.push(...(await this.#by(next)));
    }
    return { last, bindings: found, rest: left };
  }

  /** What came since; of a node that nobody asked for yet, all is left to be looked at. */
  async #withNew(node: string, known: Found | undefined): Promise<Found> {
    const [last] = await this.#store.decisionsOf(node, 1);
    if (known !== undefined && known.last === last) return known;
    const decisions = await this.#store.decisionsOf(node, MOST_DECISIONS);
    const until = known?.last === undefined ? -1 : decisions.indexOf(known.last);
    if (known === undefined || until < 0) {
      return { last: decisions[0], bindings: [], rest: decisions };
    }
    const fresh: BoundKeyset[] = [];
    for (const decision of decisions.slice(0, until)) fresh.push(...(await this.#by(decision)));
    const bindings = [...fresh, ...known.bindings].slice(0, MOST_BINDINGS);
    return { last: decisions[0], bindings, rest: known.rest };
  }

  /** None where it bound none, or its record was forgotten. */
  async #by(decision: string): Promise<readonly BoundKeyset[]> {
    const decided = await this.#store.leafById(decision);
    if (decided === undefined || parseDecisionLeaf(decided.entry).verdict !== 'accept') return [];
    const beside = await leafBeside(this.#store, decided, 'key.bound');
    const salt = beside && (await saltOf(this.#store, decided));
    if (beside === undefined || salt === undefined) return [];
    const { index, entry, leaf } = beside;
    return [{ index, entry, bound: leaf.keyset, decision, salt }];
  }
}

/** The leaf of a type that speaks of a decision and was put down with it. */
export async function leafBeside<Type extends 'key.bound' | 'admission.granted'>(
  store: Pick<LedgerStore, 'leaves'>,
  decided: StoredLeaf,
  type: Type,
): Promise<(StoredLeaf & { readonly leaf: Extract<Leaf, { readonly type: Type }> }) | undefined> {
  const from = decided.index + 1;
  for (const stored of await store.leaves(from, from + BESIDE)) {
    const leaf = parseLeaf(stored.entry);
    if (leaf.type !== 'key.bound' && leaf.type !== 'admission.granted') continue;
    if (leaf.decision === decided.id && isOf(leaf, type)) return { ...stored, leaf };
  }
  return undefined;
}

function isOf<Type extends Leaf['type']>(
  leaf: Leaf,
  type: Type,
): leaf is Extract<Leaf, { readonly type: Type }> {
  return leaf.type === type;
}

/** Undefined where the record was forgotten. */
export async function saltOf(
  store: Pick<LedgerStore, 'blob'>,
  { entry }: Pick<StoredLeaf, 'entry'>,
): Promise<Uint8Array | undefined> {
  const bytes = await new ArchiveReader(store).read(parseDecisionLeaf(entry).record);
  if (bytes === undefined) return undefined;
  const salt = (parseManifest(bytes).value as { readonly salt?: unknown }).salt;
  return typeof salt === 'string' ? fromHex(salt, 'manifest.salt', 32) : undefined;
}
