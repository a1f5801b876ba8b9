import { keysetDigest, LARGEST_KEYSET } from '../../appraisal/binding/keyset.ts';
import { base64Member } from '../../appraisal/binding/members.ts';
import { parseBundle } from '../../appraisal/bundle/format.ts';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { parseDecisionLeaf, parseLeaf } from '../../ledger/leaf/entry.ts';
import { saltedKeyset } from '../../ledger/leaf/salted.ts';
import { ArchiveReader } from '../../ledger/record/archive-reader.ts';
import { parseManifest } from '../../ledger/record/manifest.ts';
import { Stapler } from '../../ledger/staple.ts';
import type { LedgerStore, StoredLeaf } from '../../ledger/store.ts';
import type { TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import type { Admission } from './node.ts';
import { Past } from './past.ts';
import type { FleetStore } from './store.ts';

type Source = Pick<
  LedgerStore,
  | 'head'
  | 'tiles'
  | 'leafHashes'
  | 'checkpoint'
  | 'cosignatures'
  | 'cosignedSizes'
  | 'leafById'
  | 'leaves'
  | 'blob'
  | 'record'
> &
  Pick<FleetStore, 'decisionsOf'>;

/** A leaf of an admission, for whoever checks it by itself. */
export interface AdmissionLeaf {
  readonly entry: Uint8Array;
  /** A tlog-proof. */
  readonly proof: Uint8Array;
  /** Of the record, where the leaf has digests that it opens; 32 bytes. */
  readonly salt?: Uint8Array;
}

type Admitted = Pick<Admission, 'id' | 'decision'> & { readonly keyset: string };

/** Decisions that are looked at for the one that bound a keyset: it lives for an hour or so. */
const MOST_DECISIONS = 64;
/** Records that are opened for a keyset: each has some hundred KB. */
const MOST_RECORDS = 8;
/** Leaves of one decision stand side by side. */
const BESIDE = 8;
const MOST_KNOWN = 4096;
/** For how long proofs are good for others as well, in milliseconds. */
const SAME_HEAD = 1000;

interface Held<T> {
  readonly made: Promise<T>;
  readonly at: number;
}

interface Bound {
  readonly index: number;
  readonly entry: Uint8Array;
  readonly salt: Uint8Array;
}

/** What the ledger and its archive have of admissions, for those who relay to the nodes. */
export class AdmissionEvidence {
  readonly #store: Source;
  readonly #past: Past;
  readonly #witnesses: () => Promise<TlogPolicy | undefined>;
  readonly #now: () => number;
  /** By node and keyset: once it is bound, that stands. */
  readonly #bound = new Map<string, Bound>();
  #latest: Held<Stapler> | undefined;
  #witnessed: Held<Stapler | undefined> | undefined;

  /**
   * @param witnesses the log's own keys, and the witnesses that it has; undefined where it has none.
   */
  constructor(store: Source, witnesses: () => Promise<TlogPolicy | undefined>, now: () => number) {
    this.#store = store;
    this.#witnesses = witnesses;
    this.#past = new Past(store);
    this.#now = now;
  }

  /**
   * The leaves of the decision, of the admission that rests on it, and of the binding of its
   * keyset, as far as they are there, with their proofs: in the last state that the log's witnesses
   * cosigned if all are in it, else in the last one.
   */
  async leavesOf(node: string, admission: Admitted): Promise<readonly AdmissionLeaf[]> {
    const { id, decision, keyset } = admission;
    const [decided, granted, bound] = await Promise.all([
      this.#store.leafById(decision),
      this.#store.leafById(id),
      this.#bindingOf(node, keyset, decision),
    ]);
    if (decided === undefined || granted === undefined) return [];
    const salt = await this.#saltOf(decided);
    const found: readonly (Pick<StoredLeaf, 'index' | 'entry'> & { salt?: Uint8Array })[] = [
      { ...decided, ...(salt && { salt }) },
      granted,
      ...(bound ? [bound] : []),
    ];
    const last = Math.max(...found.map(({ index }) => index));
    const stapler = await this.#staplerBeyond(last);
    return Promise.all(
      found.map(async ({ index, entry, salt: own }) => ({
        entry,
        proof: await stapler.proofOf(index),
        ...(own && { salt: own }),
      })),
    );
  }

  /** The exact bytes of a keyset that the node was admitted with, if its record has them still. */
  async keysetOf(node: string, sha384: string): Promise<Uint8Array | undefined> {
    for (const decision of await this.#store.decisionsOf(node, MOST_RECORDS)) {
      const leaf = await this.#store.leafById(decision);
      if (leaf === undefined || parseDecisionLeaf(leaf.entry).verdict !== 'accept') continue;
      const past = await this.#past.evidenceOf(decision);
      const keyset = past && keysetIn(past.bundle);
      if (keyset && toHex(keysetDigest(keyset)) === sha384) return keyset;
    }
    return undefined;
  }

  async #bindingOf(node: string, keyset: string, decision: string): Promise<Bound | undefined> {
    const name = `${node} ${keyset}`;
    const known = this.#bound.get(name);
    if (known !== undefined) return known;
    const others = await this.#store.decisionsOf(node, MOST_DECISIONS);
    for (const one of new Set([decision, ...others])) {
      const bound = await this.#bindingBy(one, fromHex(keyset, 'keyset', 48));
      if (bound === undefined) continue;
      this.#bound.set(name, bound);
      const [oldest] = this.#bound.keys();
      if (this.#bound.size > MOST_KNOWN && oldest !== undefined) this.#bound.delete(oldest);
      return bound;
    }
    return undefined;
  }

  /** That of a decision, if it binds this keyset: only the salt of its record shows that. */
  async #bindingBy(decision: string, keyset: Uint8Array): Promise<Bound | undefined> {
    const decided = await this.#store.leafById(decision);
    if (decided === undefined) return undefined;
    const from = decided.index + 1;
    const beside = await this.#store.leaves(from, from + BESIDE);
    for (const { index, entry } of beside) {
      const leaf = parseLeaf(entry);
      if (leaf.type !== 'key.bound' || leaf.decision !== decision) continue;
      const salt = await this.#saltOf(decided);
      if (salt && leaf.keyset === saltedKeyset(salt, keyset)) return { index, entry, salt };
    }
    return undefined;
  }

  /** Undefined where the record was forgotten. */
  async #saltOf({ entry }: StoredLeaf): Promise<Uint8Array | undefined> {
    const bytes = await new ArchiveReader(this.#store).read(parseDecisionLeaf(entry).record);
    if (bytes === undefined) return undefined;
    const salt = (parseManifest(bytes).value as { readonly salt?: unknown }).salt;
    return typeof salt === 'string' ? fromHex(salt, 'manifest.salt', 32) : undefined;
  }

  /** Opening it verifies the edge of the tree: once a second is enough, unless it is too old. */
  async #staplerBeyond(index: number): Promise<Stapler> {
    const isFresh = (held: Held<unknown> | undefined) =>
      held !== undefined && this.#now() - held.at < SAME_HEAD;
    if (!isFresh(this.#witnessed)) this.#witnessed = this.#hold(this.#openWitnessed());
    const witnessed = await this.#witnessed?.made;
    if (witnessed && index < witnessed.size) return witnessed;
    const latest = isFresh(this.#latest) ? await this.#latest?.made : undefined;
    if (latest && index < latest.size) return latest;
    this.#latest = this.#hold(Stapler.open(this.#store));
    return this.#latest.made;
  }

  async #openWitnessed(): Promise<Stapler | undefined> {
    const policy = await this.#witnesses();
    return policy && Stapler.openWitnessed(this.#store, policy);
  }

  /** What could not be made is not kept. */
  #hold<T>(made: Promise<T>): Held<T> {
    const held = { made, at: this.#now() };
    made.catch(() => {
      held.at = Number.NEGATIVE_INFINITY;
    });
    return held;
  }
}

function keysetIn(bundle: Uint8Array): Uint8Array | undefined {
  try {
    const { binding } = parseBundle(bundle);
    return binding.has('keyset') ? base64Member(binding, 'keyset', LARGEST_KEYSET) : undefined;
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return undefined;
    throw error;
  }
}
