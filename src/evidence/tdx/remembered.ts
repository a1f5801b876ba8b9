import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { Memory } from '../memory.ts';
import { Recall } from '../recall.ts';
import type { Check } from '../verdict.ts';
import { SIGNED_COLLATERAL_MEMBERS, type TdxCollateral } from './collateral.ts';
import { checkRevocation } from './crls.ts';
import { readEndorsements, type TdxEndorsements } from './endorsements.ts';
import { type PckChain, readPckChain } from './pck-chain.ts';
import { type QuotingEnclave, readQuotingEnclave } from './qe.ts';
import type { CertificationData, Quote } from './quote.ts';
import { endOfEndorsements } from './relied-on.ts';

/** A platform's own part of its quotes. */
export interface Platform {
  readonly chain: PckChain;
  readonly enclave: QuotingEnclave;
}

/** A set of collateral as read, with the answers for each PCK chain that was held against it. */
export interface HeldEndorsements {
  readonly collateral: TdxCollateral;
  readonly anchors: readonly TrustAnchor[];
  readonly endorsements: TdxEndorsements;
  /** When the first of all but the PCK CRL ends, in milliseconds. */
  readonly until: number;
  readonly revocation: WeakMap<PckChain, readonly Check[]>;
}

/** In bytes; a quote's own part is some 5 KB. */
const PLATFORM_WEIGHT = 32 * 1024 * 1024;
/** A part above this is read each time it comes. */
const HEAVIEST_PLATFORM = 64 * 1024;
/** Real sets are some 25 KB of text; all that is held together stays below this. */
const COLLATERAL_WEIGHT = 64 * 1024 * 1024;
/** A set above this is read each time it comes. */
const HEAVIEST_COLLATERAL = 8 * 1024 * 1024;

/**
 * What was found to be signed, by the bytes that say so. Nothing here depends on the time.
 *
 * Only what is good is kept: a forger could fill the memory with what is not. Genuine parts
 * can still be written in new ways (white space, the case of hex digits), so all is bounded.
 */
export class Remembered {
  readonly #anchors: readonly TrustAnchor[];
  /** Each anchor as a list of its own, made once so that it can be compared by identity. */
  readonly #single: ReadonlyMap<TrustAnchor, readonly TrustAnchor[]>;
  readonly #chains: Recall<PckChain>;
  readonly #platforms: Recall<Platform>;
  readonly #collateral: Memory<string, HeldEndorsements>;

  constructor(anchors: readonly TrustAnchor[], entries: number) {
    this.#anchors = anchors;
    this.#single = new Map(anchors.map((anchor) => [anchor, [anchor]]));
    const limits = { entries, weight: PLATFORM_WEIGHT };
    this.#chains = new Recall(limits, HEAVIEST_PLATFORM, ({ checks }) => isGood(checks));
    this.#platforms = new Recall(
      limits,
      HEAVIEST_PLATFORM,
      ({ chain, enclave }) => isGood(chain.checks) && isGood(enclave.checks),
    );
    this.#collateral = new Memory({ entries, weight: COLLATERAL_WEIGHT });
  }

  platform(quote: Quote): Platform {
    // The section holds attestation key, QE report, its signature and the PCK chain.
    return this.#platforms.get([quote.platformSection], () => {
      const chain = this.#chain(quote.certification);
      return { chain, enclave: readQuotingEnclave(quote, chain) };
    });
  }

  /**
   * Read under the one anchor that the quote chains to: where several are trusted, one's
   * endorsements must not vouch for another's platforms, nor its empty CRL clear them.
   */
  endorsements(
    collateral: TdxCollateral,
    chain: PckChain | undefined,
    missing: string | undefined,
  ): HeldEndorsements {
    const alone = chain?.anchor && this.#single.get(chain.anchor);
    const anchors = alone ?? this.#anchors;
    const key = keyOf(collateral);
    const held = this.#collateral.get(key);
    // Signatures alone are no key: a set that differs in any byte is another set.
    const same =
      held?.anchors === anchors &&
      SIGNED_COLLATERAL_MEMBERS.every((name) => held.collateral[name] === collateral[name]);
    if (held && same) return held;
    const endorsements = readEndorsements(collateral, anchors, missing);
    const made: HeldEndorsements = {
      collateral: picked(collateral),
      anchors,
      endorsements,
      until: endOfEndorsements(endorsements),
      revocation: new WeakMap(),
    };
    const weight = weightOf(collateral);
    // Without a platform to speak of there is nothing to be quick for.
    if (alone && isGood(made.endorsements.checks) && weight <= HEAVIEST_COLLATERAL) {
      this.#collateral.set(key, made, weight);
    }
    return made;
  }

  revocation(held: HeldEndorsements, chain: PckChain): readonly Check[] {
    const known = held.revocation.get(chain);
    if (known) return known;
    const made = chain.certificates ? checkRevocation(held.endorsements, chain.certificates) : [];
    held.revocation.set(chain, made);
    return made;
  }

  #chain(certification: CertificationData): PckChain {
    const read = () => readPckChain(certification, this.#anchors);
    return certification.type === 5 ? this.#chains.get([certification.data], read) : read();
  }
}

/** The signatures, and lengths that tell apart sets which share them. */
function keyOf(collateral: TdxCollateral): string {
  const { tcb_info_signature: tcb, qe_identity_signature: qe } = collateral;
  return `${tcb}/${qe}/${collateral.root_ca_crl?.length}/${collateral.pck_crl?.length}`;
}

/** A copy, so that a caller's later change is another set; without what nobody looks at. */
function picked(collateral: TdxCollateral): TdxCollateral {
  return Object.fromEntries(SIGNED_COLLATERAL_MEMBERS.map((name) => [name, collateral[name]]));
}

function isGood(checks: readonly Check[]): boolean {
  return checks.every((check) => check.outcome === 'pass');
}

/** Characters of text, which is about what a set keeps alive. */
function weightOf(collateral: TdxCollateral): number {
  return SIGNED_COLLATERAL_MEMBERS.reduce((sum, name) => sum + (collateral[name]?.length ?? 0), 0);
}
