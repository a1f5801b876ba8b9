import { sha256 } from '#crypto';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { parseLeaf, writeLeaf } from '../../ledger/leaf/entry.ts';
import { firstSeenId } from '../../ledger/leaf/first-seen.ts';
import type { CertificateIssued } from '../../ledger/leaf/leaf.ts';
import { saltedKey, saltedNames } from '../../ledger/leaf/salted.ts';
import type { LedgerStore } from '../../ledger/store.ts';
import type { PastDecisions } from '../fleet/deps.ts';
import { saltOf } from '../fleet/key-bindings.ts';
import type { FleetLedger } from '../fleet/ledger.ts';
import { type Admission, type FleetNode, isAdmitted } from '../fleet/node.ts';
import type { FleetStore } from '../fleet/store.ts';
import type { Authority, Certified } from './authority.ts';
import { GivenBefore } from './given.ts';
import { hostNameOf, wantOwnNames } from './names.ts';
import type { CertificateWish, IssuedCertificate } from './service.ts';
import { shownKeys } from './shown-keys.ts';

export interface IssuingDeps {
  readonly store: Pick<FleetStore, 'node'> &
    Pick<LedgerStore, 'head' | 'leaves' | 'leafById' | 'blob' | 'record'>;
  readonly ledger: Pick<FleetLedger, 'origin' | 'append'>;
  readonly past: PastDecisions;
  /** `sha256:<hex>` of the policy that decides in a pool. @throws Fault where none can. */
  readonly policyOf: (pool: string) => string;
  readonly authorities: readonly Authority[];
  /** Below which all names are. */
  readonly domain: string;
  /** Milliseconds, both. No certificate lives longer; so far apart may clocks be. */
  readonly life: number;
  readonly clockSkew: number;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** The node was decided about at the same moment. */
const MOST_ATTEMPTS = 4;
/** One that ends at once helps nobody. */
const SHORTEST_MS = 10_000;

/** What a certificate rests on, all of it looked at just now. */
interface Grounds {
  readonly node: FleetNode;
  readonly admission: Admission;
  readonly host: string;
  readonly bundle: string;
  readonly salt: Uint8Array;
  readonly now: number;
  readonly from: number;
  readonly until: number;
}

/**
 * Certifies keys of machines. A false certificate is a false acceptance: the node has to be
 * admitted at this moment, in the very transaction that puts the leaf down; the key is one that
 * the evidence of this admission shows; the name is the node's own; and nothing outlives the
 * admission. What is signed and could not be put down is thrown away.
 */
export class Issuing {
  readonly #deps: IssuingDeps;
  readonly #given = new GivenBefore();

  constructor(deps: IssuingDeps) {
    this.#deps = deps;
  }

  async issue(id: string, wish: CertificateWish): Promise<IssuedCertificate> {
    const authority = this.#authority(wish);
    for (let attempt = 1; ; attempt++) {
      const grounds = await this.#grounds(id, wish, authority);
      const { admission, until, now } = grounds;
      const before = this.#given.find(id, wish, { decision: admission.decision, until, now });
      if (before) return before;
      try {
        const made = await this.#certify(wish, authority, grounds);
        this.#given.put(id, wish, made, now);
        return made;
      } catch (error) {
        const isRaced =
          error instanceof Fault && error.code === 'conflict' && error.at === `nodes[${id}]`;
        if (!isRaced || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  #authority({ use }: CertificateWish): Authority {
    const found = this.#deps.authorities.find((one) => one.use === use);
    if (found) return found;
    throw new Fault('missing', `certificates.${use}`, 'this gateway has no such authority');
  }

  async #grounds(id: string, wish: CertificateWish, authority: Authority): Promise<Grounds> {
    const { store, past, now: clock, domain } = this.#deps;
    const node = await store.node(id);
    if (node === undefined) throw new Fault('missing', `nodes[${id}]`, 'there is no such node');
    const now = clock();
    const admission = admissionOf(node, now);
    await this.#wantTime(now, admission);
    const host = hostNameOf(node, domain);
    wantOwnNames(wish.names ?? [], host);
    this.#wantPolicy(node, admission);
    const evidence = await past.evidenceOf(admission.decision);
    const decided = await store.leafById(admission.decision);
    const salt = decided && (await saltOf(store, decided));
    if (evidence === undefined || salt === undefined) {
      throw new Fault('conflict', 'admission.decision', 'what it rests on was forgotten');
    }
    const { keyset, keys } = shownKeys(evidence, admission.keyset);
    const isShown = keys.some(({ use, key }) => use === wish.use && equalBytes(key, wish.key));
    if (!isShown) {
      throw new Fault('conflict', 'key', 'is none that the evidence of its admission shows');
    }
    const ends = [now + this.#deps.life, admission.until, keyset.validity.to];
    return {
      ...{ node, admission, host, salt, now },
      bundle: `sha256:${toHex(sha256(evidence.bundle))}`,
      ...lifeWithin(authority, { from: now - this.#deps.clockSkew, until: Math.min(...ends) }, now),
    };
  }

  /** By a clock that was set back, what has ended would not have. */
  async #wantTime(now: number, { evidenceAt }: Admission): Promise<void> {
    const { store, clockSkew } = this.#deps;
    const size = (await store.head())?.size ?? 0;
    const [last] = await store.leaves(Math.max(0, size - 1), size);
    const latest = Math.max(evidenceAt, last === undefined ? 0 : parseLeaf(last.entry).time);
    if (now >= latest - clockSkew) return;
    throw new Fault('unreachable', 'clock', 'is behind the ledger: it was set back');
  }

  /** By another policy nobody has looked at the node yet. */
  #wantPolicy({ id, pool }: FleetNode, { policy }: Admission): void {
    if (this.#deps.policyOf(pool) === policy) return;
    const detail = 'another policy decides by now: let it show its evidence again';
    throw new Fault('conflict', `nodes[${id}].standing`, detail);
  }

  async #certify(
    { use, key }: CertificateWish,
    authority: Authority,
    grounds: Grounds,
  ): Promise<IssuedCertificate> {
    const { ledger, randomBytes } = this.#deps;
    const { node, admission, host, bundle, salt, now, from, until } = grounds;
    const { decision } = admission;
    const certified = await authority.certify({
      ...{ key, host, now, from, until, decision, bundle },
      nonce: randomBytes(32),
      serial: randomBytes(16),
    });
    const leaf = leafOf(certified, {
      ...{ use, decision, bundle, until, time: now },
      authority: `sha256:${toHex(authority.id)}`,
      key: saltedKey(salt, sha256(key)),
      names: saltedNames(salt, [host]),
    });
    const [receipt] = await ledger.append([{ id: leaf.id, entry: writeLeaf(leaf) }], {
      about: { id: node.id, expected: node.version },
      under: { pool: node.pool, digest: admission.policy },
      events: [],
    });
    if (receipt === undefined) throw new Fault('internal', 'ledger', 'gave no receipt');
    return {
      ...{ use, from, until, decision },
      certificate: certified.text,
      sha256: toHex(sha256(certified.bytes)),
      names: [host],
      leaf: { origin: ledger.origin, index: receipt.index, size: receipt.head.size },
    };
  }
}

/** Whoever was let in by an override has no keyset that anybody vouches for. */
function admissionOf(node: FleetNode, now: number): Admission & { readonly keyset: string } {
  const { id, standing } = node;
  const at = `nodes[${id}].standing`;
  if (standing.state !== 'admitted') throw new Fault('conflict', at, `is ${standing.state}`);
  if (!isAdmitted(node, now)) throw new Fault('conflict', at, 'its admission has ended');
  const { admission } = standing;
  const { keyset, override } = admission;
  if (keyset !== undefined && override === undefined) return { ...admission, keyset };
  throw new Fault('conflict', at, 'no evidence was accepted that vouches for a keyset of it');
}

/** Whole seconds, of which the last one is before any end. */
function lifeWithin(
  { use, validity }: Authority,
  { from, until }: { readonly from: number; readonly until: number },
  now: number,
) {
  const begins = Math.max(from, validity?.from ?? from);
  const ends = Math.floor(Math.min(until, validity?.to ?? until) / 1000) * 1000;
  if (begins > now || (validity && validity.to < now)) {
    throw new Fault('unreachable', `certificates.${use}`, 'the authority is out of its time');
  }
  if (ends - now >= SHORTEST_MS) return { from: Math.floor(begins / 1000) * 1000, until: ends };
  throw new Fault('conflict', 'admission.until', 'is about to end: let it be renewed first');
}

function leafOf(
  { bytes }: Certified,
  said: Omit<CertificateIssued, 'v' | 'type' | 'id' | 'certificate'>,
): CertificateIssued {
  const certificate = `sha256:${toHex(sha256(bytes))}`;
  const type = 'certificate.issued';
  // Whoever has a certificate finds its leaf by it.
  return { v: 1, type, id: firstSeenId(type, certificate), certificate, ...said };
}
