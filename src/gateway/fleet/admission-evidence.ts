import { keysetDigest, LARGEST_KEYSET } from '../../appraisal/binding/keyset.ts';
import { base64Member } from '../../appraisal/binding/members.ts';
import { parseBundle } from '../../appraisal/bundle/format.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { Stapler } from '../../ledger/staple.ts';
import type { LedgerStore, StoredLeaf } from '../../ledger/store.ts';
import type { TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import { type BoundKeyset, KeyBindings, leafBeside, saltOf } from './key-bindings.ts';
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

type Admitted = Pick<Admission, 'id' | 'decision' | 'until'> & { readonly keyset: string };

/** An admission that is in force, as the log shows it. */
export interface ShownAdmission {
  readonly decision: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Of the decision, of the admission that rests on it, and of the binding of its keyset. */
  readonly leaves: readonly AdmissionLeaf[];
}

interface InLog {
  readonly decided: StoredLeaf;
  readonly granted: StoredLeaf;
  readonly until: number;
}

/** Decisions that are looked at for one that witnesses have seen: most are a round behind. */
const MOST_BEFORE = 32;
/** What is left of an admission that is shown in place of a newer one, in milliseconds. */
const SHORTEST = 60_000;
/** For how long proofs are good for others as well, in milliseconds. */
const SAME_HEAD = 1000;

interface Held<T> {
  readonly made: Promise<T>;
  readonly at: number;
}

/** What the ledger and its archive have of admissions, for those who relay to the nodes. */
export class AdmissionEvidence {
  readonly #store: Source;
  readonly #past: Past;
  readonly #witnesses: () => Promise<TlogPolicy | undefined>;
  readonly #now: () => number;
  readonly #bindings: KeyBindings;
  #latest: Held<Stapler> | undefined;
  #witnessed: Held<Stapler | undefined> | undefined;

  /**
   * @param witnesses the log's own keys, and the witnesses that it has; undefined where it has none.
   */
  constructor(store: Source, witnesses: () => Promise<TlogPolicy | undefined>, now: () => number) {
    this.#store = store;
    this.#witnesses = witnesses;
    this.#past = new Past(store);
    this.#bindings = new KeyBindings(store);
    this.#now = now;
  }

  /**
   * An admission of the node under this keyset, with its leaves as far as they are there, and their
   * proofs in the last state that the log's witnesses cosigned: the one in force, or, until
   * witnesses have seen that, the one before it whose end has not come either. Where they have seen
   * none, and where there are none, the one in force in the last state.
   */
  async of(node: string, admission: Admitted): Promise<ShownAdmission> {
    const { id, decision, until, keyset } = admission;
    const [decided, granted, bound] = await Promise.all([
      this.#store.leafById(decision),
      this.#store.leafById(id),
      this.#bindings.of(node, keyset),
    ]);
    if (decided === undefined || granted === undefined) return { decision, until, leaves: [] };
    const newest = { decided, granted, until };
    const seen = await this.#seen(node, newest, bound);
    const { shown, stapler } = seen ?? { shown: newest, stapler: undefined };
    const last = Math.max(shown.decided.index, shown.granted.index, bound?.index ?? 0);
    const leaves = await this.#leavesOf(shown, bound, stapler ?? (await this.#staplerBeyond(last)));
    return { decision: shown.decided.id, until: shown.until, leaves };
  }

  /** The exact bytes of a keyset that the node was admitted with, if its record has them still. */
  async keysetOf(node: string, sha384: string): Promise<Uint8Array | undefined> {
    const bound = await this.#bindings.of(node, sha384);
    const past = bound && (await this.#past.evidenceOf(bound.decision));
    const keyset = past && keysetIn(past.bundle);
    return keyset && toHex(keysetDigest(keyset)) === sha384 ? keyset : undefined;
  }

  /** The last one that is in the state that witnesses cosigned. */
  async #seen(node: string, newest: InLog, bound: BoundKeyset | undefined) {
    const stapler = await this.#lastWitnessed();
    if (stapler === undefined || (bound?.index ?? 0) >= stapler.size) return;
    const isSeen = ({ decided, granted }: InLog) =>
      Math.max(decided.index, granted.index) < stapler.size;
    if (isSeen(newest)) return { shown: newest, stapler };
    if (bound === undefined) return;
    for await (const shown of this.#before(node, newest, bound)) {
      if (shown.until - this.#now() < SHORTEST) return;
      if (isSeen(shown)) return { shown, stapler };
    }
    return;
  }

  /** Whoever is let in anew, or with another keyset, has it bound anew: up to there they go on. */
  async *#before(node: string, { decided }: InLog, bound: BoundKeyset): AsyncGenerator<InLog> {
    if (decided.id === bound.decision) return;
    const decisions = await this.#store.decisionsOf(node, MOST_BEFORE);
    for (const decision of decisions.slice(decisions.indexOf(decided.id) + 1)) {
      const before = await this.#store.leafById(decision);
      const granted = before && (await leafBeside(this.#store, before, 'admission.granted'));
      if (granted) yield { decided: before, granted, until: granted.leaf.until };
      if (decision === bound.decision) return;
    }
  }

  async #leavesOf(
    { decided, granted }: InLog,
    bound: BoundKeyset | undefined,
    stapler: Stapler,
  ): Promise<readonly AdmissionLeaf[]> {
    const salt = await saltOf(this.#store, decided);
    const found: readonly (Pick<StoredLeaf, 'index' | 'entry'> & { salt?: Uint8Array })[] = [
      { ...decided, ...(salt && { salt }) },
      granted,
      ...(bound ? [bound] : []),
    ];
    return Promise.all(
      found.map(async ({ index, entry, salt: own }) => ({
        entry,
        proof: await stapler.proofOf(index),
        ...(own && { salt: own }),
      })),
    );
  }

  /** Opening it verifies the edge of the tree: once a second is enough, unless it is too old. */
  async #staplerBeyond(index: number): Promise<Stapler> {
    const latest = this.#isFresh(this.#latest) ? await this.#latest?.made : undefined;
    if (latest && index < latest.size) return latest;
    this.#latest = this.#hold(Stapler.open(this.#store));
    return this.#latest.made;
  }

  #lastWitnessed(): Promise<Stapler | undefined> {
    if (this.#witnessed === undefined || !this.#isFresh(this.#witnessed)) {
      this.#witnessed = this.#hold(this.#openWitnessed());
    }
    return this.#witnessed.made;
  }

  #isFresh(held: Held<unknown> | undefined): boolean {
    return held !== undefined && this.#now() - held.at < SAME_HEAD;
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
