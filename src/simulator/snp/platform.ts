import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { toPem } from '../../core/encoding/pem.ts';
import { deriveP384Key } from '../p384-keys.ts';
import { encodeCertificateTable } from './certificate-table.ts';
import { type SnpFaultName, type SnpVariantName, snpCase } from './faults/table.ts';
import { type CertificateSource, certificatesOf, crlOf } from './issue.ts';
import { type Form, type SnpPlan, type SnpPlanOptions, standardPlan } from './plan.ts';
import { encodeSignature, encodeSignedPart, type SnpReportContent } from './report.ts';

/** Fields of the report by name, instead of those of the plan. */
export type SnpReportRequest = Partial<SnpReportContent>;

export interface SnpPlatformOptions extends SnpPlanOptions {
  /** What is to be out of the ordinary; its own version and signer go before those given here. */
  readonly fault?: SnpFaultName | SnpVariantName;
  /** Changes the plan before anything is signed, after the fault did. */
  readonly edit?: (plan: SnpPlan) => void;
}

/** A simulated machine with its security processor, and what its simulated vendor publishes. */
export interface SnpPlatform {
  /** Milliseconds since the epoch: when evidence and certificates are in date. */
  readonly at: number;
  /** DER of the ARK that must be named as trust anchor. */
  readonly root: Uint8Array;
  /** The VCEK or VLEK certificate, where it is not only in the certificate table. */
  readonly vek?: Uint8Array;
  /** CA certificates beside it. */
  readonly chain: readonly Uint8Array[];
  readonly crl?: Uint8Array;
  /** What goes behind a report to make it an extended one. */
  readonly certificateTable?: Uint8Array;
  /** What all this was made from. */
  readonly plan: SnpPlan;
  /** 1184 bytes; synchronous, one signature. */
  readonly report: (request?: SnpReportRequest) => Uint8Array;
}

/** The same options make the same bytes, on any machine and in any year. */
export async function createSnpPlatform(options: SnpPlatformOptions = {}): Promise<SnpPlatform> {
  const plan = planOf(options);
  const certificate = certificatesOf(plan);
  const { handed, table } = plan;
  const vek = handed.vek && inForm(await certificate(handed.vek), handed.vekForm);
  const chain = await Promise.all(
    handed.chain.map(async (name) => inForm(await certificate(name), handed.chainForm)),
  );
  const crl = handed.crl === 'none' ? undefined : inForm(await crlOf(plan), handed.crl, 'X509 CRL');
  const certificateTable = table && (await tableOf(plan, table, certificate));
  // The anchor is the root as it ought to be, whatever the plan does to its own.
  const root = await certificatesOf(standardPlan(plan))('ark');
  return {
    at: plan.at,
    root,
    ...(vek && { vek }),
    chain,
    ...(crl && { crl }),
    ...(certificateTable && { certificateTable }),
    plan,
    report: (request = {}) => reportOf(plan, { ...plan.report, ...request }),
  };
}

function planOf({ fault = 'valid_v5', edit, ...given }: SnpPlatformOptions): SnpPlan {
  const { options, apply } = snpCase(fault);
  const plan = standardPlan({ ...given, ...options });
  apply?.(plan);
  edit?.(plan);
  return plan;
}

async function tableOf(
  plan: SnpPlan,
  table: NonNullable<SnpPlan['table']>,
  certificate: CertificateSource,
): Promise<Uint8Array> {
  const entries = await Promise.all(
    table.entries.map(async ({ guid, holds, form }) => {
      if (typeof holds !== 'string') return { guid, data: holds };
      return holds === 'crl'
        ? { guid, data: inForm(await crlOf(plan), form, 'X509 CRL') }
        : { guid, data: inForm(await certificate(holds), form) };
    }),
  );
  return table.afterTable(encodeCertificateTable(entries, table.padTo, table.guidOrder));
}

function inForm(der: Uint8Array, form: Form, label = 'CERTIFICATE'): Uint8Array {
  return form === 'der' ? der : utf8(toPem(der, label));
}

function reportOf(plan: SnpPlan, content: SnpReportContent): Uint8Array {
  const signed = plan.beforeSigning(encodeSignedPart(plan.product, content));
  const raw = deriveP384Key(plan.seed, plan.reportSignedBy).sign(signed);
  const [r, s] = plan.signature(bigEndian(raw.subarray(0, 48)), bigEndian(raw.subarray(48)));
  return plan.afterReport(concatBytes(signed, encodeSignature(r, s)));
}

function bigEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}
