import { utf8 } from '../../core/bytes/text.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { deriveKey } from '../keys.ts';
import { encodeCcelLog, encodeCcelTable } from './ccel.ts';
import { encodeDstackLog } from './dstack-log.ts';
import {
  certificatesOf,
  endorse,
  pemChain,
  type ServedEndorsements,
  type TdxEndorsements,
} from './endorsements.ts';
import { type TdxFaultName, type TdxVariantName, tdxCase } from './faults/table.ts';
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
  /** What is to be out of the ordinary; its own format and workload go before those given here. */
  readonly fault?: TdxFaultName | TdxVariantName;
  /** Changes the plan before anything is signed, after the fault did. */
  readonly edit?: (plan: TdxPlan) => void;
}

/** The files that tell of the boot behind the quoted RTMRs. */
interface TdxEventLogs {
  readonly ccelTable: Uint8Array;
  /** Replays to RTMR 0 to 2. */
  readonly ccelLog: Uint8Array;
  /** JSON; replays to all four RTMRs. */
  readonly dstackLog: Uint8Array;
}

/** A simulated machine with its quoting enclave, and what its simulated vendor publishes. */
export interface TdxPlatform extends TdxEventLogs {
  /** Milliseconds since the epoch: when evidence and endorsements are in date. */
  readonly at: number;
  /** DER of the root that must be named as trust anchor. */
  readonly root: Uint8Array;
  readonly collateral: TdxCollateral;
  readonly served: ServedEndorsements;
  /** What all this was made from. */
  readonly plan: TdxPlan;
  /** Synchronous and cheap: one signature, three with a new attestation key. */
  readonly quote: (request?: TdxQuoteRequest) => Uint8Array;
  /** The endorsements as they would be after `edit`, validly signed; the platform stays as it is. */
  readonly reissue: (edit: (plan: TdxPlan) => void) => Promise<TdxEndorsements>;
}

/** The same options make the same bytes, on any machine and in any year. */
export async function createTdxPlatform(options: TdxPlatformOptions = {}): Promise<TdxPlatform> {
  const plan = planOf(options);
  const certificate = certificatesOf(plan);
  const certification = plan.certification(utf8(`${await pemChain(certificate, plan.chain)}\0`));
  const { collateral, served } = await endorse(plan, certificate);
  // The anchor is the root as it ought to be, whatever the plan does to its own.
  const root = await certificatesOf(standardPlan({ seed: plan.seed }))('root');
  const quoter = new Quoter(plan, certification);
  return {
    at: plan.at,
    root,
    collateral,
    served,
    plan,
    ...eventLogsOf(plan),
    quote: (request = {}) => quoter.quote(request),
    reissue: (edit) => {
      const altered = planOf(options);
      edit(altered);
      return endorse(altered);
    },
  };
}

function planOf({ fault = 'valid_v4', edit, ...given }: TdxPlatformOptions): TdxPlan {
  const { options, apply } = tdxCase(fault);
  const plan = standardPlan({ ...given, ...options });
  apply?.(plan);
  edit?.(plan);
  return plan;
}

function eventLogsOf({ logs }: TdxPlan): TdxEventLogs {
  return {
    ccelTable: logs.afterTable(encodeCcelTable()),
    ccelLog: logs.afterCcel(encodeCcelLog(logs.boot)),
    dstackLog: utf8(logs.afterDstack(encodeDstackLog(logs.boot, logs.runtime))),
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
