import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { fromPem } from '../../../src/core/encoding/pem.ts';
import { anchorFromCertificate, type TrustAnchor } from '../../../src/core/x509/anchors.ts';
import type { TdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import type { TdxEventLogInput } from '../../../src/evidence/tdx/event-log/check.ts';
import { deriveKey } from '../../../src/simulator/keys.ts';
import { encodeCcelLog, encodeCcelTable } from '../../../src/simulator/tdx/ccel.ts';
import { encodeDstackLog } from '../../../src/simulator/tdx/dstack-log.ts';
import {
  type PlanOptions,
  QUOTE_FORMATS,
  type QuoteFormat,
  standardPlan,
  type TdxPlan,
} from '../../../src/simulator/tdx/plan.ts';
import { createTdxPlatform } from '../../../src/simulator/tdx/platform.ts';

type Workload = NonNullable<PlanOptions['workload']>;

/** One machine: what it says, and what its vendor says of it. */
export interface Platform {
  readonly name: string;
  readonly trust: 'anchored' | 'stranger';
  readonly workload: Workload;
  readonly quotes: readonly Uint8Array[];
  readonly collateral: Required<TdxCollateral>;
  readonly ccelTable: Uint8Array;
  readonly ccelLog: Uint8Array;
  readonly dstackLog: string;
}

/** Everything honest that there is to take pieces from. */
export interface World {
  readonly anchors: readonly TrustAnchor[];
  readonly platforms: readonly Platform[];
  /** Those that verify under the anchors. */
  readonly honest: readonly Platform[];
  /** The first platform's, in which the second's PCK certificate is revoked. */
  readonly revoking: TdxCollateral;
  /** DER of every certificate and CRL, the strangers' too. */
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

const FORMATS = Object.keys(QUOTE_FORMATS) as QuoteFormat[];

async function platform(
  name: string,
  trust: Platform['trust'],
  options: PlanOptions & { workload: Workload },
  edit: (plan: TdxPlan) => void = () => undefined,
) {
  const made = await createTdxPlatform({ ...options, edit });
  const { boot, runtime } = standardPlan(options).logs;
  const quotes = FORMATS.flatMap((format) => [
    made.quote({ format }),
    made.quote({ format, reportData: new Uint8Array(64).fill(format.length) }),
  ]);
  const own: Platform = {
    name,
    trust,
    workload: options.workload,
    quotes: [...quotes, made.quote({ attestationSeed: 'second' })],
    collateral: made.collateral as Required<TdxCollateral>,
    ccelTable: encodeCcelTable(),
    ccelLog: encodeCcelLog(boot),
    dstackLog: encodeDstackLog(boot, runtime),
  };
  return { own, root: made.root, reissue: made.reissue };
}

const SIBLING_SERIAL = '5e'.repeat(20);

/** Same root and TCB signer, another processor kind under another PCK certificate. */
function sibling(plan: TdxPlan): void {
  const { pck } = plan.certificates;
  pck.key = 'second pck';
  plan.qeReportSignedBy = pck.key;
  // With one attestation key for two machines, either could sign the other's quotes.
  plan.attestationKey = ({ publicKey }) => deriveKey('second quoting enclave', toHex(publicKey));
  pck.serial = SIBLING_SERIAL;
  pck.sgx.fmspc = fromHex('90c06f000000', 'fuzz');
  plan.tcbInfo.content.fmspc = '90C06F000000';
}

/**
 * Two platforms under one root, one under a second anchor, and one under a root that nobody
 * trusts though every name in it is right.
 */
export async function createWorld(): Promise<World> {
  const [dstack, plain] = [{ workload: 'dstack' }, { workload: 'plain' }] as const;
  const first = await platform('first', 'anchored', { seed: 'fuzz', ...dstack });
  const second = await platform('second', 'anchored', { seed: 'fuzz', ...plain }, sibling);
  const other = await platform('other root', 'anchored', { seed: 'fuzz, another root', ...plain });
  const stranger = await platform('stranger', 'stranger', { seed: 'fuzz, untrusted', ...dstack });
  const { collateral: revoking } = await first.reissue(({ crls }) => {
    crls.pck.revoked.push({ serial: SIBLING_SERIAL, at: '2026-05-20T10:41:15Z' });
  });
  const platforms = [first, second, other, stranger].map(({ own }) => own);
  return {
    anchors: [first, other].map(({ root }) => anchorFromCertificate(root, 'anchor')),
    platforms,
    revoking,
    honest: platforms.filter(({ trust }) => trust === 'anchored'),
    certificates: distinct(platforms.flatMap(certificatesOf)),
    crls: distinct(
      platforms.flatMap(({ collateral }) =>
        [collateral.root_ca_crl, collateral.pck_crl].map((text) => fromHex(text, 'fuzz')),
      ),
    ),
  };
}

function certificatesOf({ quotes, collateral }: Platform): Uint8Array[] {
  const text = Buffer.from(quotes[0] ?? []).toString('latin1');
  const chain = text.slice(text.indexOf('-----BEGIN'), text.lastIndexOf('-----') + 5);
  return [chain, collateral.tcb_info_issuer_chain].flatMap((pem) =>
    fromPem(pem, 'CERTIFICATE', 'fuzz'),
  );
}

function distinct(ders: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(ders.map((der) => [toHex(der), der])).values()];
}

/** The logs of a platform in the ways in which they can be handed in. */
export function logsOf({ ccelLog, ccelTable, dstackLog, workload }: Platform): TdxEventLogInput[] {
  const dstack = utf8(dstackLog);
  return [
    { log: ccelLog, table: ccelTable },
    { log: dstack },
    { log: dstack, expected: dstack },
    // Firmware's log tells no whole story where something else extends RTMR3.
    ...(workload === 'plain' ? [{ log: ccelLog, expected: ccelLog }] : []),
  ];
}
