import type { Bundle } from '../appraisal/bundle/format.ts';
import type { BundleAnchors, BundleClocks, FoundEndorsements } from '../appraisal/bundle/input.ts';
import { Fault } from '../core/fault.ts';
import { readNvidiaEvidence } from '../evidence/nvidia/evidence-json.ts';
import type { NvidiaDevice } from '../evidence/nvidia/input.ts';
import { SnpFinder } from './amd/finder.ts';
import type { KdsClient } from './amd/kds.ts';
import { EndorsementFolder } from './folder.ts';
import type { Found } from './found.ts';
import type { RefreshableEndorsement } from './held.ts';
import { type EarlyTcb, EarlyTcbWatch } from './intel/early-tcb.ts';
import { TdxFinder } from './intel/finder.ts';
import type { TdxChannel } from './intel/key.ts';
import type { PcsClient } from './intel/pcs.ts';
import type { NvidiaNetwork } from './nvidia/arrival.ts';
import { NvidiaFinder } from './nvidia/finder.ts';
import type { RevocationWish } from './revocation-wish.ts';
import { TdxEndorsementSource } from './source.ts';

/** Whom to ask. Make one a process: each client spaces out what is asked of its service. */
export interface EndorsementNetwork {
  readonly intel: PcsClient;
  readonly amd: KdsClient;
  readonly nvidia: NvidiaNetwork;
}

export interface BundleEndorsementsOptions {
  readonly anchors: BundleAnchors;
  /** Which of Intel’s TCB evaluations to hold TDX platforms against. */
  readonly channel: TdxChannel;
  /** Where endorsements are kept. */
  readonly folder?: string;
  /** Absent: offline, and nothing can make a request. */
  readonly network?: EndorsementNetwork;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What the caller has already: it goes before anything found, and nobody is asked for it. */
export type GivenEndorsements = Pick<
  FoundEndorsements,
  'collateral' | 'vek' | 'chain' | 'crl' | 'rims' | 'ocsp'
>;

export interface BundleRequest {
  /** When what is to be in date. */
  readonly at: BundleClocks;
  /**
   * The time that somebody asked for, in milliseconds, where `at` is not the present: a folder
   * that has something for it is enough, and what the network serves now is no better for it.
   */
  readonly asked?: number;
  /** What must be there for a good verdict, and not only where it is to be had. */
  readonly wish: RevocationWish;
  readonly given?: GivenEndorsements;
}

/**
 * What vendors say of the pieces of bundles, for as long as a process runs: what was found once
 * is kept in memory, within bounds, until it gets old or somebody changes the folder.
 */
export class BundleEndorsements {
  readonly #tdx: TdxFinder;
  readonly #snp: SnpFinder;
  readonly #nvidia: NvidiaFinder;
  readonly #early: TdxEndorsementSource;
  readonly #watch: EarlyTcbWatch;

  constructor({ anchors, channel, folder, network, now }: BundleEndorsementsOptions) {
    const kept = { now, ...(folder !== undefined && { folder }) };
    this.#tdx = new TdxFinder({
      ...kept,
      anchors: anchors.tdx,
      channel,
      ...(network && { network: network.intel }),
    });
    this.#snp = new SnpFinder({
      ...kept,
      anchors: anchors.snp,
      ...(network && { network: network.amd }),
    });
    this.#nvidia = new NvidiaFinder({
      ...kept,
      anchors: anchors.nvidia,
      ...(network && { network: network.nvidia }),
    });
    const standard = this.#tdx.source;
    this.#early =
      channel === 'early'
        ? standard
        : new TdxEndorsementSource({
            anchors: anchors.tdx,
            channel: 'early',
            ...(network && { network: network.intel }),
            ...(folder !== undefined && { folder: new EndorsementFolder(folder) }),
          });
    this.#watch = new EarlyTcbWatch({ anchors: anchors.tdx, standard, early: this.#early });
  }

  /**
   * All that is given, and what the bundle does not carry. What it carries was picked by the
   * machine: it spares nobody the question for what is newer, or revokes.
   */
  async find(
    bundle: Bundle,
    request: BundleRequest,
  ): Promise<{ readonly endorsements: FoundEndorsements; readonly warnings: readonly string[] }> {
    const [devices, cpu] = await Promise.all([
      this.#findOfDevices(bundle, request),
      this.#findOfCpu(bundle, request),
    ]);
    return {
      endorsements: { ...devices.found, ...cpu.found },
      warnings: [...devices.warnings, ...cpu.warnings],
    };
  }

  /** What is in memory, whatever ends first before all others; a `Prefetcher` has it anew in time. */
  held(): readonly RefreshableEndorsement[] {
    const sources = [this.#tdx.source, this.#early, this.#snp.source, this.#nvidia.source];
    return [...new Set(sources)]
      .flatMap((source) => source.held())
      .sort((a, b) => a.validity.to - b.validity.to);
  }

  /**
   * How a TDX platform stands today, and under Intel's early evaluation.
   *
   * @param at the present, in milliseconds since the epoch.
   */
  async earlyTcb(quote: Uint8Array, at: number): Promise<EarlyTcb> {
    return this.#watch.look(quote, at);
  }

  async #findOfDevices(
    bundle: Bundle,
    { at, asked, wish, given = {} }: BundleRequest,
  ): Promise<Found<FoundEndorsements>> {
    const devices = devicesOf(bundle);
    if (devices.length === 0) return { found: {}, warnings: [] };
    const { rims = [], ocsp = [] } = given;
    const { found, warnings } = await this.#nvidia.find(devices, {
      asked,
      at,
      rims,
      carried: bundle.endorsements.rims ?? [],
      ocsp: wish.ocsp ? 'required' : ocsp.length > 0 ? 'named' : 'welcome',
    });
    return {
      found: { ...found, rims: [...rims, ...found.rims], ocsp: [...ocsp, ...found.ocsp] },
      warnings,
    };
  }

  async #findOfCpu(
    { cpu, endorsements: own }: Bundle,
    { asked, wish, given = {} }: BundleRequest,
  ): Promise<Found<FoundEndorsements>> {
    if (cpu === undefined) return { found: {}, warnings: [] };
    if (cpu.kind === 'tdx') {
      const { collateral } = given;
      if (collateral !== undefined) return { found: { collateral }, warnings: [] };
      return own.tdxCollateral === undefined
        ? this.#tdx.find(cpu.quote, asked)
        : this.#tdx.findBetter(cpu.quote, asked);
    }
    const vek = given.vek ?? own.snpVek;
    const { crl, chain = [] } = given;
    const { found, warnings } = await this.#snp.find(cpu.report, {
      asked,
      needVek: vek === undefined,
      needCrl: crl === undefined,
      crl: wish.crl ? 'required' : 'welcome',
      // The certificate that the machine brings along spares nobody the question for the list.
      ...(given.vek === undefined && { asksCrl: true }),
      ...(vek && { vek }),
    });
    return {
      found: {
        ...found,
        ...(vek && { vek }),
        ...(crl && { crl }),
        ...(chain.length > 0 && { chain }),
      },
      warnings,
    };
  }
}

/** None of what can't be read: the verifier says why. */
function devicesOf({ devices }: Bundle): readonly NvidiaDevice[] {
  if (devices.length === 0) return [];
  try {
    return readNvidiaEvidence(devices);
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return [];
    throw error;
  }
}
