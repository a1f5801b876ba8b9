import { Fault } from '../../core/fault.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { ProductLine } from '../../evidence/snp/product.ts';
import type { VekKind } from '../../evidence/snp/roles.ts';
import { type Failure, failureOf, failureText } from '../failure.ts';
import type { RefreshableEndorsement } from '../held.ts';
import { FLEET_NAMES, RecentFailures } from '../recent-failures.ts';
import { SingleFlight } from '../single-flight.ts';
import { receiveAmdDocument } from './arrival.ts';
import { builtInChain, validityOf } from './document.ts';
import { type AmdEndorsement, type AmdRefresh, Freshness, isInDate } from './endorsement.ts';
import type { AmdFolder } from './folder.ts';
import { AmdHoldings, type HeldAmd } from './holdings.ts';
import { type Judge, judgeAmd } from './judge.ts';
import { type KdsClient, ONE_TRY, PERSISTENT, type Persistence } from './kds.ts';
import { type AmdKey, amdKeyName, amdKeyText, type VcekKey } from './key.ts';

/** How long a failed document is left alone where nothing says more. */
const BACK_OFF_MS = 30_000;

export interface AmdEndorsementSourceOptions {
  readonly anchors: readonly TrustAnchor[];
  /** Absent: offline, and nothing can make a request. */
  readonly network?: KdsClient;
  readonly folder?: AmdFolder;
  /** After this age the network is asked again for a CRL, though it is still valid. */
  readonly crlMaxAgeMs?: number;
  readonly backOffMs?: number;
}

/**
 * AMD's certificates and CRLs from memory, else the folder, else the network; one request a
 * document, whoever asks. A certificate means the same for all its life and is never asked for
 * twice; a CRL is, long before it ends. What is held stays usable when the network fails or lies.
 *
 * A VCEK can't be known to be wanted before it is there: anybody can write a chip id into a
 * report and thereby make us send a request. The queue, its length, and what is remembered of
 * failures bound what that costs; a service for strangers also limits each of them.
 */
export class AmdEndorsementSource {
  readonly #options: AmdEndorsementSourceOptions;
  readonly #holdings: AmdHoldings;
  readonly #loading = new SingleFlight<AmdEndorsement>();
  readonly #refreshing = new SingleFlight<AmdRefresh>();
  readonly #failures: RecentFailures;
  readonly #freshness: Freshness;

  constructor(options: AmdEndorsementSourceOptions) {
    this.#options = options;
    this.#holdings = new AmdHoldings(options.folder);
    const network = options.network === undefined ? 'offline' : 'online';
    this.#freshness = new Freshness(network, options.crlMaxAgeMs);
    this.#failures = new RecentFailures(options.backOffMs ?? BACK_OFF_MS, FLEET_NAMES);
  }

  /**
   * @param now the instant to have it for, in milliseconds since the epoch.
   * @throws Fault `unreachable` when there is none at all.
   */
  async vcekFor(key: VcekKey, now: number): Promise<AmdEndorsement> {
    return this.#get(key, now, PERSISTENT);
  }

  /**
   * Under AMD's own roots there is always one: what was fetched, else what this release brings.
   *
   * @throws Fault `unreachable` when there is none at all.
   */
  async chainFor(line: ProductLine, signs: VekKind, now: number): Promise<AmdEndorsement> {
    return this.#get({ kind: 'chain', line, signs }, now, PERSISTENT);
  }

  /**
   * @param need `welcome`: one try when its turn comes, and no wait for a service that is busy.
   * @throws Fault `unreachable` when there is none at all.
   */
  async crlFor(
    line: ProductLine,
    signs: VekKind,
    now: number,
    need: 'required' | 'welcome' = 'required',
  ): Promise<AmdEndorsement> {
    const persistence = need === 'required' ? PERSISTENT : ONE_TRY;
    return this.#get({ kind: 'crl', line, signs }, now, persistence);
  }

  /**
   * What memory, folder and this release have for an instant, which need not be the present;
   * asks nobody.
   *
   * @throws Fault `unreachable` when there is none at all.
   */
  async stored(key: AmdKey, at: number): Promise<AmdEndorsement> {
    const known = await this.#holdings.settled(key);
    if (known !== undefined && isInDate(known, at)) {
      this.#holdings.use(key, at);
      return this.#freshness.answer(key, known, 'memory', 'current', []);
    }
    const judge = await this.#judgeOf(key, at, (chain) => this.stored(chain, at));
    const held = await this.#holdings.inFolder(key, judge);
    if (held.document !== undefined && isInDate(held.document, at)) {
      this.#holdings.remember(key, held.document);
      return this.#freshness.answer(key, held.document, held.from, 'current', held.warnings);
    }
    const builtIn = this.#builtIn(key, judge, held.warnings);
    return builtIn ?? this.#fallBack(key, held, judge, undefined);
  }

  /**
   * Asks the network now, whatever is held; the result is what is served from then on.
   *
   * @throws Fault `usage` offline.
   */
  async refresh(key: AmdKey, now: number): Promise<AmdRefresh> {
    return this.#refreshOnce(this.#online(), key, now, PERSISTENT);
  }

  /** What is in memory, for whoever sees to it that it does not run out. */
  held(): readonly RefreshableEndorsement[] {
    return this.#holdings.shelved().map(({ key, document, usedAt }) => ({
      name: `amd/${amdKeyName(key)}`,
      kinds: [`snp.${key.kind}`],
      service: this.#options.network?.base,
      fetchedAt: document.provenance?.fetchedAt,
      validity: document.validity,
      refreshAt: this.#freshness.refreshAt(key, document),
      usedAt,
      refresh: (now) => this.#refreshUnhurried(key, now),
    }));
  }

  /** Nobody waits for it: whoever does shall not have to wait behind it for a busy service. */
  async #refreshUnhurried(key: AmdKey, now: number): Promise<AmdRefresh> {
    return this.#refreshOnce(this.#online(), key, now, ONE_TRY);
  }

  #online(): KdsClient {
    const { network } = this.#options;
    if (network === undefined) throw new Fault('usage', 'endorsements', 'offline: no refresh');
    return network;
  }

  async #get(key: AmdKey, now: number, persistence: Persistence): Promise<AmdEndorsement> {
    const held = await this.#holdings.settled(key);
    const fresh = held !== undefined && this.#freshness.isFresh(key, held, now);
    const name = flightName(key, persistence);
    const answer = fresh
      ? this.#freshness.answer(key, held, 'memory', 'current', [])
      : await this.#loading.run(name, () => this.#load(key, now, persistence));
    this.#holdings.use(key, now);
    return answer;
  }

  async #load(key: AmdKey, now: number, persistence: Persistence): Promise<AmdEndorsement> {
    const name = flightName(key, persistence);
    const judge = await this.#judgeOf(key, now);
    const held = await this.#holdings.newest(key, judge);
    if (held.document !== undefined && this.#freshness.isFresh(key, held.document, now)) {
      this.#holdings.remember(key, held.document);
      return this.#freshness.answer(key, held.document, held.from, 'current', held.warnings);
    }
    const builtIn = this.#builtIn(key, judge, held.warnings);
    if (builtIn !== undefined) return builtIn;
    const { network } = this.#options;
    if (network === undefined) return this.#fallBack(key, held, judge, undefined);
    const before = this.#failures.recent(name, now);
    if (before !== undefined) return this.#fallBack(key, held, judge, before);
    const refreshed = await this.#refreshOnce(network, key, now, persistence);
    if (refreshed.outcome === 'accepted') return refreshed.endorsement;
    return this.#fallBack(key, held, judge, refreshed);
  }

  async #refreshOnce(
    network: KdsClient,
    key: AmdKey,
    now: number,
    persistence: Persistence,
  ): Promise<AmdRefresh> {
    return this.#refreshing.run(flightName(key, persistence), async () => {
      try {
        return await this.#refresh(network, key, now, persistence);
      } catch (error) {
        // Without the chain above it a VCEK can't be judged.
        return failureOf(error);
      }
    });
  }

  async #refresh(
    network: KdsClient,
    key: AmdKey,
    now: number,
    persistence: Persistence,
  ): Promise<AmdRefresh> {
    const judge = await this.#judgeOf(key, now);
    const held = await this.#holdings.newest(key, judge);
    const arrival = await receiveAmdDocument(network, key, held.document, judge, persistence);
    if (arrival.outcome !== 'accepted') {
      const { leaveAloneMs, ...failure } = arrival;
      this.#failures.remember(flightName(key, persistence), now, failure, leaveAloneMs);
      return failure;
    }
    for (const any of [PERSISTENT, ONE_TRY]) this.#failures.forget(flightName(key, any));
    const { document } = arrival;
    const notKept = await this.#holdings.keep(key, document);
    const lost = notKept === undefined ? [] : [`not kept: ${notKept.message}`];
    const warnings = [...held.warnings, ...lost];
    const endorsement = this.#freshness.answer(key, document, 'network', 'current', warnings);
    return { outcome: 'accepted', endorsement, ...(notKept && { notKept }) };
  }

  /** Only a VCEK needs more than the anchors to be judged by. */
  async #judgeOf(
    key: AmdKey,
    now: number,
    find = (chain: AmdKey) => this.#get(chain, now, PERSISTENT),
  ): Promise<Judge> {
    const { anchors } = this.#options;
    if (key.kind !== 'vcek') return { anchors, now, chain: [] };
    const { bytes } = await find({ kind: 'chain', line: key.line, signs: 'vcek' });
    return { anchors, now, chain: [bytes] };
  }

  #builtIn(key: AmdKey, judge: Judge, warnings: readonly string[]): AmdEndorsement | undefined {
    if (key.kind !== 'chain') return undefined;
    const bytes = builtInChain(key, judge.anchors);
    if (bytes === undefined) return undefined;
    const document = { bytes, provenance: undefined, validity: validityOf(key, bytes, 'chain') };
    return isInDate(document, judge.now)
      ? this.#freshness.answer(key, document, 'built-in', 'current', warnings)
      : undefined;
  }

  #fallBack(
    key: AmdKey,
    { document, from, warnings }: HeldAmd,
    judge: Judge,
    failure: Failure | undefined,
  ): AmdEndorsement {
    const reasons = failure === undefined ? [] : [`${failure.at}: ${failure.because}`];
    const judged = document && judgeAmd(key, document.bytes, judge);
    if (document === undefined || judged === undefined || judged.state === 'refused') {
      throw this.#nothingHeld(key, failure, warnings);
    }
    const { state } = judged;
    const why = state === 'current' ? [] : [judged.because];
    return this.#freshness.answer(key, document, from, state, [...warnings, ...reasons, ...why]);
  }

  #nothingHeld(key: AmdKey, failure: Failure | undefined, warnings: readonly string[]): Fault {
    const what = `no endorsement: ${amdKeyText(key)}`;
    const more = warnings.map((warning) => `; ${warning}`).join('');
    if (failure === undefined) {
      const at = this.#options.folder?.root ?? 'endorsements';
      return new Fault('unreachable', at, `${what}, and offline${more}`);
    }
    return new Fault('unreachable', failure.at, `${what}: ${failureText(failure)}${more}`);
  }
}

/** Who waits for a service that is busy must not be answered by one who did not. */
function flightName(key: AmdKey, persistence: Persistence): string {
  return `${amdKeyName(key)}${persistence === PERSISTENT ? '' : ' (one try)'}`;
}
