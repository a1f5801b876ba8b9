import { utf8 } from '../../core/bytes/text.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { deriveKey } from '../keys.ts';
import {
  certificateOf,
  endorse,
  pemChain,
  type ServedEndorsements,
  type TdxEndorsements,
} from './endorsements.ts';
import {
  type PlanOptions,
  QUOTE_FORMATS,
  type QuoteFormat,
  standardPlan,
  type TdxPlan,
} from './plan.ts';
import {
  assembleQuote,
  encodePlatformSection,
  encodeSigned,
  type PlatformSection,
  type QuoteContent,
} from './quote.ts';
import type { TdBody } from './td-body.ts';

export interface TdxQuoteRequest {
  /** 64 bytes. */
  readonly reportData?: Uint8Array;
  /** Another value is another attestation key, certified by the same PCK. */
  readonly attestationSeed?: string;
  readonly format?: QuoteFormat;
  /** Other fields of the TD report, by name. */
  readonly body?: Partial<TdBody>;
}

export interface TdxPlatformOptions extends PlanOptions {
  /** Changes the plan before anything is signed. */
  readonly edit?: (plan: TdxPlan) => void;
}

/** A simulated machine with its quoting enclave, and what its simulated vendor publishes. */
export interface TdxPlatform {
  /** Milliseconds since the epoch: when evidence and endorsements are in date. */
  readonly at: number;
  /** DER of the root that must be named as trust anchor. */
  readonly root: Uint8Array;
  readonly collateral: TdxCollateral;
  readonly served: ServedEndorsements;
  /** Synchronous and cheap: one signature, three with a new attestation key. */
  readonly quote: (request?: TdxQuoteRequest) => Uint8Array;
  /** The endorsements as they would be after `edit`, validly signed; the platform stays as it is. */
  readonly reissue: (edit: (plan: TdxPlan) => void) => Promise<TdxEndorsements>;
}

export async function createTdxPlatform(options: TdxPlatformOptions = {}): Promise<TdxPlatform> {
  const plan = planOf(options);
  return platformOf(plan, () => planOf(options));
}

function planOf({ edit, ...options }: TdxPlatformOptions): TdxPlan {
  const plan = standardPlan(options);
  edit?.(plan);
  return plan;
}

async function platformOf(plan: TdxPlan, again: () => TdxPlan): Promise<TdxPlatform> {
  // The anchor is the root as it ought to be, whatever the plan does to its own.
  const root = await certificateOf(standardPlan({ seed: plan.seed }), 'root');
  const certification = plan.certification(utf8(`${await pemChain(plan, plan.chain)}\0`));
  const { collateral, served } = await endorse(plan);
  const quoter = new Quoter(plan, certification);
  return {
    at: plan.at,
    root,
    collateral,
    served,
    quote: (request = {}) => quoter.quote(request),
    reissue: (edit) => {
      const altered = again();
      edit(altered);
      return endorse(altered);
    },
  };
}

class Quoter {
  readonly #plan: TdxPlan;
  readonly #content: QuoteContent;
  /** Only the last one: a bench with a new key for each quote must not fill the memory. */
  #last: { readonly seed: string; readonly section: PlatformSection } | undefined;

  constructor(plan: TdxPlan, certification: Uint8Array) {
    this.#plan = plan;
    this.#content = { ...plan.quote, certification };
  }

  quote({ reportData, attestationSeed = '', format, body }: TdxQuoteRequest): Uint8Array {
    const content = this.#content;
    const wanted = format && QUOTE_FORMATS[format];
    const signed = encodeSigned({
      ...content,
      ...(wanted && {
        header: { ...content.header, version: wanted.version },
        bodyKind: wanted.bodyKind,
      }),
      body: { ...content.body, ...body, ...(reportData && { reportData }) },
    });
    return this.#plan.afterQuote(assembleQuote(signed, this.#sectionOf(attestationSeed)));
  }

  #sectionOf(seed: string): PlatformSection {
    if (this.#last?.seed === seed) return this.#last.section;
    const plan = this.#plan;
    const due = deriveKey(plan.seed, `attestation ${seed}`);
    const key = plan.attestationKey(due, deriveKey(plan.seed, plan.certificates.pck.key));
    const signer = deriveKey(plan.seed, plan.qeReportSignedBy);
    const section = encodePlatformSection(this.#content, key, signer);
    this.#last = { seed, section };
    return section;
  }
}
