import { sha384 } from '#crypto';
import { fromHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { deriveBytes, type SimulatorKey } from '../keys.ts';
import type { QeIdentityDocument, SignedDocument, TcbInfoDocument } from './documents.ts';
import { type RuntimeEvent, runtimeDigest, standardRuntime } from './dstack-log.ts';
import { type BootEvent, replay, standardBoot } from './event-log.ts';
import {
  standardCertificates,
  standardCrls,
  type TdxCertificate,
  type TdxCrl,
} from './hierarchy.ts';
import type { QuoteContent } from './quote.ts';
import {
  qeSigner,
  standardQeIdentity,
  standardTcbInfo,
  type UpdateChannel,
} from './standard-documents.ts';
import { emptyTdBody, type TdBody, type TdBodyKind } from './td-body.ts';

/** When everything that the simulator makes is in date. */
export const SIMULATED_NOW = Date.UTC(2026, 5, 1);

export const QUOTE_FORMATS = {
  v4: { version: 4, bodyKind: 'td10' },
  'v5-td10': { version: 5, bodyKind: 'td10' },
  'v5-td15': { version: 5, bodyKind: 'td15' },
  'v5-td15ex': { version: 5, bodyKind: 'td15ex' },
} as const satisfies Record<string, { version: number; bodyKind: TdBodyKind }>;

export type QuoteFormat = keyof typeof QUOTE_FORMATS;

/** Which log stands behind RTMR 3: none (the register is zero), or dstack's runtime events. */
type Workload = 'plain' | 'dstack';

/**
 * Everything that evidence and endorsements are made from. A fault edits one thing in it and
 * all the rest is signed as ever, so that only one check can notice.
 */
export interface TdxPlan {
  readonly seed: string;
  at: number;
  /** By name; `root`, `platformCa`, `pck` and `tcbSigner` are always there. */
  readonly certificates: Record<string, TdxCertificate> & ReturnType<typeof standardCertificates>;
  /** Names of the certificates in the quote, in order. */
  chain: string[];
  /** The PEM text behind the inner certification type, before the quote is put together. */
  certification: (chain: Uint8Array) => Uint8Array;
  readonly crls: { root: TdxCrl; pck: TdxCrl };
  readonly tcbInfo: SignedDocument<TcbInfoDocument>;
  readonly qeIdentity: SignedDocument<QeIdentityDocument>;
  /** The quote; `certification` is filled in from `chain`. */
  readonly quote: QuoteContent;
  /** The attestation key in use, from the one due and the PCK’s. */
  attestationKey: (key: SimulatorKey, pck: SimulatorKey) => SimulatorKey;
  /** Label of the key that signs the QE report. */
  qeReportSignedBy: string;
  /** What happens to the finished quote. */
  afterQuote: (quote: Uint8Array) => Uint8Array;
  /** What happens to the finished collateral. */
  afterCollateral: (collateral: TdxCollateral) => TdxCollateral;
  readonly logs: {
    boot: BootEvent[];
    runtime: RuntimeEvent[];
    afterTable: (table: Uint8Array) => Uint8Array;
    afterCcel: (log: Uint8Array) => Uint8Array;
    afterDstack: (log: string) => string;
  };
}

export interface PlanOptions {
  /** Another seed is another world: other root, other platform. */
  readonly seed?: string;
  readonly format?: QuoteFormat;
  readonly workload?: Workload;
  readonly channel?: UpdateChannel;
}

const same = <T>(value: T): T => value;

/** A platform on which everything is in order. */
export function standardPlan(options: PlanOptions = {}): TdxPlan {
  const { seed = 'postern', format = 'v4', workload = 'plain', channel = 'standard' } = options;
  const boot = standardBoot(seed);
  const runtime = workload === 'dstack' ? standardRuntime(seed) : [];
  return {
    seed,
    at: SIMULATED_NOW,
    certificates: standardCertificates(seed),
    chain: ['pck', 'platformCa', 'root'],
    certification: same,
    crls: standardCrls(seed),
    tcbInfo: signedDocument(standardTcbInfo(channel)),
    qeIdentity: signedDocument(standardQeIdentity(seed, channel)),
    quote: standardQuote(seed, format, standardBody(seed, boot, runtime)),
    attestationKey: (key) => key,
    qeReportSignedBy: 'pck',
    afterQuote: same,
    afterCollateral: same,
    logs: { boot, runtime, afterTable: same, afterCcel: same, afterDstack: same },
  };
}

function signedDocument<T>(content: T): SignedDocument<T> {
  return {
    content,
    write: (value) => JSON.stringify(value),
    signedBy: 'tcb signer',
    chain: ['tcbSigner', 'root'],
    afterSigning: same,
    signature: same,
  };
}

const INTEL_QE_VENDOR_ID = fromHex('939a7233f79c4ca9940a0db3957f0607', 'simulator.vendor_id');

function standardQuote(seed: string, format: QuoteFormat, body: TdBody): QuoteContent {
  const { version, bodyKind } = QUOTE_FORMATS[format];
  return {
    header: {
      version,
      attestationKeyType: 2,
      teeType: 0x81,
      qeSvn: 0,
      pceSvn: 0,
      vendorId: INTEL_QE_VENDOR_ID,
      userData: concatBytes(deriveBytes(seed, 'platform id', 16), new Uint8Array(4)),
    },
    bodyKind,
    descriptor: {},
    body,
    qeReport: {
      cpuSvn: fromHex('0404191b04ff00060000000000000000', 'simulator.qe_cpu_svn'),
      miscSelect: new Uint8Array(4),
      attributes: fromHex('1500000000000000e700000000000000', 'simulator.qe_attributes'),
      mrEnclave: deriveBytes(seed, 'quoting enclave', 32),
      mrSigner: qeSigner(seed),
      isvProdId: 2,
      isvSvn: 6,
    },
    qeAuthData: Uint8Array.from({ length: 32 }, (_, i) => i),
    outerType: 6,
    innerType: 5,
    certification: new Uint8Array(),
  };
}

function standardBody(
  seed: string,
  boot: readonly BootEvent[],
  runtime: readonly RuntimeEvent[],
): TdBody {
  const [rtmr0, rtmr1, rtmr2, rtmr3] = replay([
    ...boot,
    ...runtime.map((event) => ({ rtmr: 3, digest: runtimeDigest(event) })),
  ]);
  const svn = fromHex('06010300000000000000000000000000', 'simulator.tee_tcb_svn');
  return {
    ...emptyTdBody(),
    teeTcbSvn: svn,
    mrSeam: sha384(utf8(`${seed}: TDX module`)),
    tdAttributes: fromHex('0000001000000000', 'simulator.td_attributes'),
    xfam: fromHex('e702060000000000', 'simulator.xfam'),
    mrTd: sha384(utf8(`${seed}: firmware`)),
    rtmr0,
    rtmr1,
    rtmr2,
    rtmr3,
    reportData: deriveBytes(seed, 'report data', 64),
    teeTcbSvn2: svn,
    tdId: deriveBytes(seed, 'td id', 32),
    initTeeTcbSvn: svn,
  };
}
