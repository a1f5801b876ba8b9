import type { Certificate } from '../core/x509/certificate.ts';
import { parseCertificateTable } from '../evidence/snp/certificate-table.ts';
import { extensionClaims, reportClaims, tableClaims } from '../evidence/snp/claims.ts';
import { productOf } from '../evidence/snp/product.ts';
import { parseSnpReport, SNP_REPORT_SIZE } from '../evidence/snp/report.ts';
import { officeOf } from '../evidence/snp/roles.ts';
import { parseVekExtensions } from '../evidence/snp/vek-extensions.ts';
import type { Claims } from '../evidence/verification.ts';

const SIGNATURE_ALGO_AT = 0x34;

/**
 * A small version number in 32 bits, and the one signature algorithm that there is. Half a
 * report is one too, or versions 4 and 5 of it would be taken for a quote.
 */
export function looksLikeSnpReport(bytes: Uint8Array): boolean {
  if (bytes.length < SIGNATURE_ALGO_AT + 4) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(0, true) < 256 && view.getUint32(SIGNATURE_ALGO_AT, true) === 1;
}

/** A report, and what its certificate table holds where there is one. */
export function snpReportClaims(bytes: Uint8Array): Claims {
  const report = parseSnpReport(bytes.subarray(0, SNP_REPORT_SIZE));
  const line = report.cpuid && productOf(report.cpuid)?.line;
  const behind = bytes.subarray(SNP_REPORT_SIZE);
  return {
    ...reportClaims(report, line),
    ...(behind.length > 0 && tableClaims(parseCertificateTable(behind))),
  };
}

/** What AMD's extensions say, where an AMD intermediate is named as the issuer. */
export function vekClaims(certificate: Certificate): Claims {
  const office = officeOf(certificate.issuer.commonName);
  if (office === undefined) return {};
  const extensions = parseVekExtensions(certificate, office.line, 'certificate');
  return { vek: { product: office.line, kind: office.signs, ...extensionClaims(extensions) } };
}
