import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conformance } from '../../support/conformance.ts';
import { vectorsFolder } from '../../support/vectors.ts';

/**
 * Which of our checks says what Intel's library, or the manifest, names as the reason.
 * A case that is refused by another check is refused by accident.
 */
const RIGHT_CHECK: Readonly<Record<string, RegExp>> = {
  'no TCB level matches': /^tdx\.tcb\.supported$/,
  'PCK leaf certificate not yet valid': /^tdx\.pck\.validity$/,
  'TD attributes: DEBUG set': /^tdx\.td\.debug$/,
  'non-zero bytes after the signature data': /^tdx\.quote\.trailing_bytes$/,
  SGX_PCK_CERT_CHAIN_UNTRUSTED: /^tdx\.pck\.root$/,
  SGX_PCK_CERT_CHAIN_EXPIRED: /^tdx\.pck\.validity$/,
  SGX_PCK_MISSING: /^tdx\.pck\.certificates$/,
  SGX_PCK_INVALID_EXTENSIONS: /^tdx\.pck\.extension$/,
  SGX_PCK_REVOKED: /^tdx\.pck\.revocation$/,
  SGX_INTERMEDIATE_CA_MISSING: /^tdx\.pck\.certificates$/,
  SGX_INTERMEDIATE_CA_REVOKED: /^tdx\.pck\.revocation$/,
  SGX_ENCLAVE_IDENTITY_INVALID: /^tdx\.qe_identity\.format$/,
  SGX_ENCLAVE_IDENTITY_INVALID_SIGNATURE: /^tdx\.qe_identity\.signature$/,
  SGX_ENCLAVE_IDENTITY_UNSUPPORTED_VERSION: /^tdx\.qe_identity\.format$/,
  SGX_ENCLAVE_IDENTITY_EXPIRED: /^tdx\.qe_identity\.validity$/,
  TCB_INFO_MISMATCH: /^tdx\.tcb_info\.(fmspc|pceid|format)$/,
  TCB_INFO_INVALID_SIGNATURE: /^tdx\.tcb_info\.signature$/,
  SGX_TCB_INFO_INVALID: /^tdx\.tcb_info\.format$/,
  SGX_TCB_INFO_UNSUPPORTED_FORMAT: /^tdx\.tcb_info\.format$/,
  SGX_TCB_INFO_EXPIRED: /^tdx\.tcb_info\.validity$/,
  SGX_TCB_SIGNING_CERT_MISSING: /^tdx\.tcb_info\.signer$/,
  SGX_TCB_SIGNING_CERT_REVOKED: /^tdx\.tcb_info\.revocation$/,
  SGX_SIGNING_CERT_CHAIN_EXPIRED: /^tdx\.tcb_info\.validity$/,
  SGX_CRL_EXPIRED: /^tdx\.(pck|root)_crl\.validity$/,
  SGX_CRL_UNSUPPORTED_FORMAT: /^tdx\.(pck|root)_crl\.format$/,
  SGX_CRL_INVALID_SIGNATURE: /^tdx\.((pck|root)_crl\.signature|tcb_info\.signer)$/,
  SGX_CRL_UNKNOWN_ISSUER: /^tdx\.pck_crl\.signature$/,
  TDX_MODULE_MISMATCH: /^tdx\.module\.(identity|mr_signer|attributes)$/,
  TCB_REVOKED: /^tdx\.tcb\.not_revoked$/,
  TCB_NOT_SUPPORTED: /^tdx\.tcb\.supported$/,
  INVALID_QUOTE_SIGNATURE: /^tdx\.quote\.signature$/,
  INVALID_QE_REPORT_SIGNATURE: /^tdx\.qe_report\.signature$/,
  INVALID_QE_REPORT_DATA: /^tdx\.qe_report\.binding$/,
  QE_IDENTITY_MISMATCH: /^tdx\.(qe_report\.(identity|debug)|qe_identity\.format)$/,
  UNSUPPORTED_QUOTE_FORMAT: /^tdx\.quote\.(format|qe_vendor_id|signature)$/,
  // Intel's one word for chains and quotes that it does not take apart.
  UNSUPPORTED_CERT_FORMAT: /^tdx\.(quote\.format|pck\.certificates|tcb_info\.signer)$/,
};

/** What can't but fail as well, where the named reason is there. */
const ALONGSIDE: Readonly<Record<string, RegExp>> = {
  // Neither the CRL nor the documents are of the root that the chain brings.
  SGX_PCK_CERT_CHAIN_UNTRUSTED: /^tdx\.pck_crl\.signature$/,
  // The text was changed after it was signed; where it was not, it is only malformed.
  SGX_TCB_INFO_UNSUPPORTED_FORMAT: /^tdx\.tcb_info\.signature$/,
  TCB_INFO_INVALID_SIGNATURE: /^tdx\.tcb_info\.format$/,
  SGX_ENCLAVE_IDENTITY_INVALID_SIGNATURE: /^tdx\.qe_identity\.format$/,
  SGX_CRL_INVALID_SIGNATURE: /^tdx\.(tcb_info|qe_identity)\.signer$/,
  // Both documents come with the one chain.
  UNSUPPORTED_CERT_FORMAT: /^tdx\.qe_identity\.signer$/,
  SGX_TCB_SIGNING_CERT_MISSING: /^tdx\.qe_identity\.signer$/,
  SGX_TCB_SIGNING_CERT_REVOKED: /^tdx\.qe_identity\.revocation$/,
  QE_IDENTITY_MISMATCH: /^tdx\.qe_report\./,
  TCB_REVOKED: /^tdx\.tcb\.status$/,
  'no TCB level matches': /^tdx\.quote\.trailing_bytes$/,
};

interface ManifestCase {
  readonly id: string;
  readonly expect: { readonly verdict: string; readonly reason?: string };
}

const folder = vectorsFolder('tdx');

describe.skipIf(folder === undefined)('published TDX vectors', async () => {
  if (folder === undefined) return;
  const path = join(folder, 'manifest.json');
  const cases: ManifestCase[] = JSON.parse(readFileSync(path, 'utf8'));
  const reports = new Map((await conformance(path)).map((report) => [report.id, report]));

  it.each(cases.map((one) => [one.id, one] as const))('%s', (id, { expect: wanted }) => {
    const report = reports.get(id);
    expect(report?.differs).toEqual([]);
    if (wanted.reason === undefined) return;
    const right = RIGHT_CHECK[wanted.reason];
    const notPassed = [...(report?.failed ?? []), ...(report?.unresolved ?? [])];
    expect(right, `a check for ${wanted.reason}`).toBeDefined();
    expect(notPassed.filter((check) => right?.test(check))).not.toEqual([]);
    const beside = ALONGSIDE[wanted.reason];
    const stray = (report?.failed ?? []).filter((id) => !right?.test(id) && !beside?.test(id));
    expect(stray).toEqual([]);
  });
});

const policies = vectorsFolder('policy');

it.skipIf(policies === undefined)('published vectors of canonical JSON', async () => {
  const reports = await conformance(join(policies ?? '', 'manifest.json'));
  const jcs = reports.filter(({ id, verdict }) => id.startsWith('jcs/') && verdict !== undefined);
  expect(jcs.length).toBeGreaterThanOrEqual(6);
  expect(jcs.flatMap((report) => report.differs)).toEqual([]);
});
