import { Fault } from '../core/fault.ts';
import type { TrustAnchor } from '../core/x509/anchors.ts';
import type { TdxCollateral } from '../evidence/tdx/collateral.ts';
import { type Failure, failureText } from './failure.ts';
import type { EndorsementFolder } from './folder.ts';
import type { RefreshableEndorsement } from './held.ts';
import { receiveTdxSet, type VerifiedTdxSet } from './intel/arrival.ts';
import { type Held, TdxHoldings } from './intel/holdings.ts';
import { judgeTdxCollateral } from './intel/judge.ts';
import {
  type TdxChannel,
  type TdxEndorsementKey,
  type TdxPlatform,
  tdxEndorsementKey,
  tdxFileName,
  tdxKeyText,
} from './intel/key.ts';
import type { PcsClient } from './intel/pcs.ts';
import type { Provenance } from './provenance.ts';
import { FLEET_NAMES, RecentFailures } from './recent-failures.ts';
import { SingleFlight } from './single-flight.ts';

const HOUR = 3_600_000;
/** Intel's documents run for 30 days; a TCB recovery should be noticed well before. */
const MAX_AGE_MS = 7 * 24 * HOUR;
/** How long a failed source is left alone, so that each caller does not pay the deadline again. */
const BACK_OFF_MS = 30_000;

export interface TdxEndorsementSourceOptions {
  readonly anchors: readonly TrustAnchor[];
  readonly channel: TdxChannel;
  /** Absent: offline, and nothing can make a request. */
  readonly network?: PcsClient;
  readonly folder?: EndorsementFolder;
  /** After this age the network is asked again, though the set is still valid. */
  readonly maxAgeMs?: number;
  readonly backOffMs?: number;
}

/** Verified collateral of one platform, and how far it can be relied on. */
export interface TdxEndorsementSet {
  readonly collateral: TdxCollateral;
  /** `outdated`: nothing better could be had; a verifier will call it unresolved. */
  readonly state: 'current' | 'outdated';
  readonly from: 'memory' | 'folder' | 'network';
  readonly provenance: Provenance;
  /** Milliseconds since the epoch: the last instant at which all of it is in date. */
  readonly validUntil: number;
  /**
   * When to call `refresh`, in milliseconds since the epoch. A whole fleet shares one
   * nextUpdate: the caller adds jitter.
   */
  readonly refreshAt: number;
  /** Why this is not what a reachable, honest source would have given; empty when it is. */
  readonly warnings: readonly string[];
}

export type Refresh =
  | {
      readonly outcome: 'accepted';
      readonly set: TdxEndorsementSet;
      /** Why the set, though good, is not in the folder. */
      readonly notKept?: Fault;
    }
  | Failure;

type Origin = TdxEndorsementSet['from'];

/**
 * Collateral from memory, else the folder, else the network; one request per document in
 * flight, whoever asks. What is held stays usable when the network fails or lies.
 *
 * Ask only for platforms whose PCK chain was verified to an anchor: anybody can write an
 * FMSPC into a quote and would thereby make us send requests.
 */
export class TdxEndorsementSource {
  readonly #options: TdxEndorsementSourceOptions;
  readonly #holdings: TdxHoldings;
  readonly #loading = new SingleFlight<TdxEndorsementSet>();
  readonly #refreshing = new SingleFlight<Refresh>();
  readonly #failures: RecentFailures;

  constructor(options: TdxEndorsementSourceOptions) {
    this.#options = options;
    this.#holdings = new TdxHoldings(options.anchors, options.folder);
    this.#failures = new RecentFailures(options.backOffMs ?? BACK_OFF_MS, FLEET_NAMES);
  }

  /**
   * @param now the instant to have collateral for, in milliseconds since the epoch.
   * @throws Fault `unreachable` when there is none at all, `usage` for a bad FMSPC or CA.
   */
  async collateralFor(platform: TdxPlatform, now: number): Promise<TdxEndorsementSet> {
    const key = tdxEndorsementKey(platform, this.#options.channel);
    const held = await this.#holdings.settled(key);
    const fresh = held !== undefined && this.#isFresh(held, now);
    const set = fresh
      ? this.#answer(held, 'memory', 'current', [])
      : await this.#loading.run(tdxFileName(key), () => this.#load(key, now));
    this.#holdings.use(key, now);
    return set;
  }

  /** What is in memory, for whoever sees to it that it does not run out. */
  held(): readonly RefreshableEndorsement[] {
    return this.#holdings.shelved().map(({ key, document, usedAt }) => ({
      name: `intel/${tdxFileName(key)}`,
      kinds: ['tdx.tcb-info', 'tdx.qe-identity', 'tdx.crl'],
      service: this.#options.network?.base.url,
      fetchedAt: document.provenance.fetchedAt,
      validity: document.facts.validity,
      refreshAt: this.#refreshAt(document),
      usedAt,
      refresh: (now) => this.refresh(key, now),
    }));
  }

  /**
   * What memory and folder have for an instant, which need not be the present; asks nobody.
   *
   * @throws Fault `unreachable` when there is none at all, `usage` for a bad FMSPC or CA.
   */
  async stored(platform: TdxPlatform, at: number): Promise<TdxEndorsementSet> {
    const key = tdxEndorsementKey(platform, this.#options.channel);
    const known = await this.#holdings.settled(key);
    if (known !== undefined && isInDate(known, at)) {
      this.#holdings.use(key, at);
      return this.#answer(known, 'memory', 'current', []);
    }
    const held = await this.#holdings.inFolder(key, at);
    if (held.set === undefined || !isInDate(held.set, at)) {
      return this.#fallBack(key, held, at, undefined);
    }
    this.#holdings.remember(key, held.set);
    return this.#answer(held.set, held.from, 'current', held.warnings);
  }

  /**
   * Asks the network now, whatever is held; the result is what is served from then on.
   *
   * @throws Fault `usage` offline, or for a bad FMSPC or CA.
   */
  async refresh(platform: TdxPlatform, now: number): Promise<Refresh> {
    const key = tdxEndorsementKey(platform, this.#options.channel);
    const { network } = this.#options;
    if (network === undefined) throw new Fault('usage', 'endorsements', 'offline: no refresh');
    return this.#refreshing.run(tdxFileName(key), () => this.#refresh(network, key, now));
  }

  async #load(key: TdxEndorsementKey, now: number): Promise<TdxEndorsementSet> {
    const name = tdxFileName(key);
    const held = await this.#holdings.newest(key, now);
    if (held.set !== undefined && this.#isFresh(held.set, now)) {
      this.#holdings.remember(key, held.set);
      return this.#answer(held.set, held.from, 'current', held.warnings);
    }
    const { network } = this.#options;
    if (network === undefined) return this.#fallBack(key, held, now, undefined);
    const before = this.#failures.recent(name, now);
    if (before !== undefined) return this.#fallBack(key, held, now, before);
    const refreshed = await this.#refreshing.run(name, () => this.#refresh(network, key, now));
    if (refreshed.outcome === 'accepted') return refreshed.set;
    return this.#fallBack(key, held, now, refreshed);
  }

  async #refresh(network: PcsClient, key: TdxEndorsementKey, now: number): Promise<Refresh> {
    const { anchors } = this.#options;
    const name = tdxFileName(key);
    const held = await this.#holdings.newest(key, now);
    const arrival = await receiveTdxSet(network, key, held.set?.facts, { anchors, now });
    if (arrival.outcome !== 'accepted') {
      this.#failures.remember(name, now, arrival);
      return arrival;
    }
    this.#failures.forget(name);
    const notKept = await this.#holdings.keep(key, arrival.set);
    const lost = notKept === undefined ? [] : [`not kept: ${notKept.message}`];
    const set = this.#answer(arrival.set, 'network', 'current', [...held.warnings, ...lost]);
    return { outcome: 'accepted', set, ...(notKept && { notKept }) };
  }

  #fallBack(
    key: TdxEndorsementKey,
    held: Held,
    now: number,
    failure: Failure | undefined,
  ): TdxEndorsementSet {
    const { anchors } = this.#options;
    const reasons = failure === undefined ? [] : [`${failure.at}: ${failure.because}`];
    const { set, from } = held;
    const judged = set && judgeTdxCollateral(key, set.collateral, anchors, now);
    if (set === undefined || judged === undefined || judged.state === 'refused') {
      throw this.#nothingHeld(key, failure, held.warnings);
    }
    if (judged.state === 'current') {
      return this.#answer(set, from, 'current', [...held.warnings, ...reasons]);
    }
    return this.#answer(set, from, 'outdated', [...held.warnings, ...reasons, judged.because]);
  }

  #nothingHeld(
    key: TdxEndorsementKey,
    failure: Failure | undefined,
    warnings: readonly string[],
  ): Fault {
    const what = `no endorsements for ${tdxKeyText(key)}`;
    const more = warnings.map((warning) => `; ${warning}`).join('');
    if (failure === undefined) {
      const at = this.#options.folder?.root ?? 'endorsements';
      return new Fault('unreachable', at, `${what}, and offline${more}`);
    }
    return new Fault('unreachable', failure.at, `${what}: ${failureText(failure)}${more}`);
  }

  #isFresh(set: VerifiedTdxSet, now: number): boolean {
    if (!isInDate(set, now)) return false;
    if (this.#options.network === undefined) return true;
    const age = now - set.provenance.fetchedAt;
    // One that claims to be fetched in the future would stay young for as long: ask.
    return age > -HOUR && age < (this.#options.maxAgeMs ?? MAX_AGE_MS);
  }

  /** Half the remaining life leaves as much again for a source that is down. */
  #refreshAt({ provenance: { fetchedAt }, facts: { validity } }: VerifiedTdxSet): number {
    const maxAge = this.#options.maxAgeMs ?? MAX_AGE_MS;
    return fetchedAt + Math.min(maxAge, Math.max(0, validity.to - fetchedAt) / 2);
  }

  #answer(
    set: VerifiedTdxSet,
    from: Origin,
    state: TdxEndorsementSet['state'],
    warnings: readonly string[],
  ): TdxEndorsementSet {
    const { collateral, provenance } = set;
    const validUntil = set.facts.validity.to;
    const refreshAt = this.#refreshAt(set);
    return { collateral, state, from, provenance, validUntil, refreshAt, warnings };
  }
}

function isInDate({ facts }: VerifiedTdxSet, at: number): boolean {
  return facts.validity.from <= at && at <= facts.validity.to;
}
