import { Fault } from '../../core/fault.ts';
import type { NvidiaAnchors } from '../../evidence/nvidia/anchors.ts';
import type { NvidiaClocks, NvidiaDevice } from '../../evidence/nvidia/input.ts';
import { Remembered } from '../../evidence/nvidia/remembered.ts';
import { type Failure, failureText } from '../failure.ts';
import type { RefreshableEndorsement } from '../held.ts';
import { FLEET_NAMES, RecentFailures } from '../recent-failures.ts';
import { SingleFlight } from '../single-flight.ts';
import { type NvidiaNetwork, receiveNvidiaDocument } from './arrival.ts';
import { type CollectedNvidia, collectNvidia } from './collect.ts';
import type { NvidiaEndorsement, VerifiedNvidiaDocument } from './document.ts';
import type { NvidiaFolder } from './folder.ts';
import { type HeldNvidia, NvidiaHoldings } from './holdings.ts';
import { judgeNvidia, type NvidiaJudge } from './judge.ts';
import { nvidiaKeyText } from './key.ts';
import { NothingHeld } from './nothing-held.ts';
import { type NvidiaWant, wantName } from './want.ts';

const HOUR = 3_600_000;
/** NVIDIA signs manifests anew without a word; that should be noticed well before they end. */
const RIM_MAX_AGE_MS = 7 * 24 * HOUR;
/** How long a failed document is left alone where nothing says more. */
const BACK_OFF_MS = 30_000;
/** Whose certificates are not verified again each time. */
const DEVICES = 4096;

export interface NvidiaEndorsementSourceOptions {
  readonly anchors: NvidiaAnchors;
  /** Absent: offline, and nothing can make a request. */
  readonly network?: NvidiaNetwork;
  readonly folder?: NvidiaFolder;
  /** After this age the network is asked again for a manifest, though it is still valid. */
  readonly rimMaxAgeMs?: number;
  readonly backOffMs?: number;
}

export type NvidiaRefresh =
  | {
      readonly outcome: 'accepted';
      readonly endorsement: NvidiaEndorsement;
      /** Why it, though good, is not in the folder. */
      readonly notKept?: Fault;
    }
  | Failure;

/**
 * NVIDIA's manifests and OCSP responses from memory, else the folder, else the network; one
 * request a document, whoever asks. What is held stays usable when the network fails or lies,
 * an OCSP response until its nextUpdate.
 *
 * {@link forDevice} asks only about devices whose chain and report verify. Anybody can write
 * an id into a report, and would thereby make us send requests.
 */
export class NvidiaEndorsementSource {
  readonly #options: NvidiaEndorsementSourceOptions;
  readonly #holdings: NvidiaHoldings;
  readonly #loading = new SingleFlight<NvidiaEndorsement>();
  readonly #refreshing = new SingleFlight<NvidiaRefresh>();
  readonly #failures: RecentFailures;
  readonly #remembered: Remembered;

  constructor(options: NvidiaEndorsementSourceOptions) {
    this.#options = options;
    this.#holdings = new NvidiaHoldings(options.folder);
    this.#failures = new RecentFailures(options.backOffMs ?? BACK_OFF_MS, FLEET_NAMES);
    this.#remembered = new Remembered(options.anchors, DEVICES);
  }

  /**
   * All that the verification of one device needs, or why parts of it are missing.
   *
   * @param at the instants to have it for; with a network, the present.
   */
  async forDevice(device: NvidiaDevice, at: NvidiaClocks): Promise<CollectedNvidia> {
    return this.forDevices([device], at);
  }

  /** The same of the devices of a machine: what they share is asked for once. */
  async forDevices(devices: readonly NvidiaDevice[], at: NvidiaClocks): Promise<CollectedNvidia> {
    const find = (want: NvidiaWant, now: number) => this.get(want, now);
    return collectNvidia(devices, { read: this.#remembered, at, find });
  }

  /**
   * @param now the instant to have it for, in milliseconds since the epoch.
   * @throws Fault `unreachable` when there is none at all.
   */
  async get(want: NvidiaWant, now: number): Promise<NvidiaEndorsement> {
    const held = await this.#holdings.settled(want);
    const fresh = held !== undefined && this.#isFresh(want, held, now);
    const answer = fresh
      ? this.#answer(want, held, 'memory', 'current', [])
      : await this.#loading.run(wantName(want), () => this.#load(want, now));
    this.#holdings.use(want, now);
    return answer;
  }

  /** What is in memory, for whoever sees to it that it does not run out. */
  held(): readonly RefreshableEndorsement[] {
    const { network } = this.#options;
    return this.#holdings.shelved().map(({ key: want, document, usedAt }) => ({
      name: `nvidia/${wantName(want)}`,
      kinds: [`nvidia.${want.kind}`],
      service: want.kind === 'rim' ? network?.rim.base : network?.ocsp.url,
      fetchedAt: document.provenance?.fetchedAt,
      validity: document.facts.validity,
      refreshAt: this.#refreshAt(want, document),
      usedAt,
      refresh: (now) => this.refresh(want, now),
    }));
  }

  /**
   * What memory and folder have for an instant, which need not be the present; asks nobody.
   *
   * @throws Fault `unreachable` when there is none at all.
   */
  async stored(want: NvidiaWant, at: number): Promise<NvidiaEndorsement> {
    const known = await this.#holdings.settled(want);
    if (known !== undefined && isInDate(known, at)) {
      this.#holdings.use(want, at);
      return this.#answer(want, known, 'memory', 'current', []);
    }
    const judge = this.#judgeAt(at);
    const held = await this.#holdings.inFolder(want, judge);
    if (held.document === undefined || !isInDate(held.document, at)) {
      return this.#fallBack(want, held, judge, undefined);
    }
    this.#holdings.remember(want, held.document);
    return this.#answer(want, held.document, held.from, 'current', held.warnings);
  }

  /**
   * Asks the network now, whatever is held; the result is what is served from then on.
   *
   * @throws Fault `usage` offline.
   */
  async refresh(want: NvidiaWant, now: number): Promise<NvidiaRefresh> {
    const { network } = this.#options;
    if (network === undefined) throw new Fault('usage', 'endorsements', 'offline: no refresh');
    return this.#refreshing.run(wantName(want), () => this.#refresh(network, want, now));
  }

  async #load(want: NvidiaWant, now: number): Promise<NvidiaEndorsement> {
    const name = wantName(want);
    const judge = this.#judgeAt(now);
    const held = await this.#holdings.newest(want, judge);
    if (held.document !== undefined && this.#isFresh(want, held.document, now)) {
      this.#holdings.remember(want, held.document);
      return this.#answer(want, held.document, held.from, 'current', held.warnings);
    }
    const { network } = this.#options;
    if (network === undefined) return this.#fallBack(want, held, judge, undefined);
    const before = this.#failures.recent(name, now);
    if (before !== undefined) return this.#fallBack(want, held, judge, before);
    const refreshed = await this.refresh(want, now);
    if (refreshed.outcome === 'accepted') return refreshed.endorsement;
    return this.#fallBack(want, held, judge, refreshed);
  }

  async #refresh(network: NvidiaNetwork, want: NvidiaWant, now: number): Promise<NvidiaRefresh> {
    const judge = this.#judgeAt(now);
    const held = await this.#holdings.newest(want, judge);
    const arrival = await receiveNvidiaDocument(network, want, held.document, judge);
    if (arrival.outcome !== 'accepted') {
      const { leaveAloneMs, ...failure } = arrival;
      this.#failures.remember(wantName(want), now, failure, leaveAloneMs);
      return failure;
    }
    this.#failures.forget(wantName(want));
    const { document } = arrival;
    const notKept = await this.#holdings.keep(want, document);
    const lost = notKept === undefined ? [] : [`not kept: ${notKept.message}`];
    const warnings = [...held.warnings, ...lost];
    const endorsement = this.#answer(want, document, 'network', 'current', warnings);
    return { outcome: 'accepted', endorsement, ...(notKept && { notKept }) };
  }

  #fallBack(
    want: NvidiaWant,
    { document, from, warnings }: HeldNvidia,
    judge: NvidiaJudge,
    failure: Failure | undefined,
  ): NvidiaEndorsement {
    const reasons = failure === undefined ? [] : [`${failure.at}: ${failure.because}`];
    const judged = document && judgeNvidia(want, document, judge);
    if (document === undefined || judged === undefined || judged.state === 'refused') {
      throw this.#nothingHeld(want, failure, warnings);
    }
    const { state } = judged;
    const why = state === 'current' ? [] : [judged.because];
    return this.#answer(want, document, from, state, [...warnings, ...reasons, ...why]);
  }

  /** Its detail is what a verification shows as the reason. */
  #nothingHeld(
    want: NvidiaWant,
    failure: Failure | undefined,
    warnings: readonly string[],
  ): NothingHeld {
    const more = warnings.map((warning) => `; ${warning}`).join('');
    if (failure === undefined) {
      const { folder } = this.#options;
      // The check names manifest and certificates itself.
      if (want.kind === 'rim') {
        const why = folder === undefined ? 'offline' : 'offline, and not in the folder';
        return new NothingHeld(nvidiaKeyText(want), `${why}${more}`, warnings);
      }
      const at = folder?.root ?? 'endorsements';
      return new NothingHeld(at, `offline, and without an OCSP response${more}`, warnings);
    }
    return new NothingHeld(failure.at, `${failureText(failure)}${more}`, warnings);
  }

  #judgeAt(now: number): NvidiaJudge {
    return { anchors: this.#options.anchors, now };
  }

  #isFresh(want: NvidiaWant, document: VerifiedNvidiaDocument, now: number): boolean {
    if (!isInDate(document, now)) return false;
    if (this.#options.network === undefined) return true;
    const { provenance } = document;
    // Of a document whose age nobody knows, or that claims to be fetched in the future: ask.
    if (provenance === undefined || provenance.fetchedAt > now + HOUR) return false;
    return now < this.#refreshAt(want, document);
  }

  #answer(
    want: NvidiaWant,
    document: VerifiedNvidiaDocument,
    from: NvidiaEndorsement['from'],
    state: NvidiaEndorsement['state'],
    warnings: readonly string[],
  ): NvidiaEndorsement {
    const validUntil = document.facts.validity.to;
    const refreshAt = this.#refreshAt(want, document);
    return { ...document, state, from, validUntil, refreshAt, warnings };
  }

  /** Half the remaining life leaves as much again for a source that is down. */
  #refreshAt({ kind }: NvidiaWant, { provenance, facts }: VerifiedNvidiaDocument): number {
    const { from, to } = facts.validity;
    const since = provenance?.fetchedAt ?? from;
    const half = Math.max(0, to - since) / 2;
    const maxAge = this.#options.rimMaxAgeMs ?? RIM_MAX_AGE_MS;
    return since + (kind === 'rim' ? Math.min(maxAge, half) : half);
  }
}

function isInDate({ facts }: VerifiedNvidiaDocument, at: number): boolean {
  return facts.validity.from <= at && at <= facts.validity.to;
}
