import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conformance } from '../../support/conformance.ts';
import { vectorsFolder } from '../../support/vectors.ts';

/** What keeps a case from being accepted: all of it, and nothing besides. */
interface Reason {
  readonly failed: readonly string[];
  readonly unresolved: readonly string[];
  readonly authentic: boolean;
}

const NOTHING: Reason = { failed: [], unresolved: [], authentic: true };

function forged(...failed: readonly string[]): Reason {
  return { failed, unresolved: [], authentic: false };
}

function genuineBut(...failed: readonly string[]): Reason {
  return { failed, unresolved: [], authentic: true };
}

function open(...unresolved: readonly string[]): Reason {
  return { failed: [], unresolved, authentic: false };
}

/** Without a table there is no certificate: the rest can't be asked. */
const BAD_TABLE: Reason = {
  failed: ['snp.certificate_table.format'],
  unresolved: ['snp.vek.format'],
  authentic: false,
};
const STALE_CRL = open('snp.crl.validity', 'snp.vek.revocation');
const BAD_FORM = forged('snp.report.signature_format');
/** The byte was changed after the report was signed. */
const DIRTY = forged('snp.report.reserved', 'snp.report.signature');
const DIRTY_SIGNED = forged('snp.report.reserved');

/** A case that is refused for another reason than its own is refused by accident. */
const REASONS: Readonly<Record<string, Reason>> = {
  'real/milan-v2': NOTHING,
  'real/milan-v2-debug-policy': genuineBut('snp.policy.debug'),
  'real/milan-v3-caci': NOTHING,
  'real/milan-v3-caci@reissued-vcek': NOTHING,
  // Another line's certificate is also another chip's, of another TCB.
  'real/milan-v3-caci@wrong-vcek': forged(
    'snp.vek.hwid',
    'snp.vek.tcb',
    'snp.product.match',
    'snp.report.signature',
  ),
  'real/milan-v3-vlek-aws': genuineBut('snp.report.vmpl'),
  'real/milan-v3-vlek-aws@expired': forged('snp.vek.validity', 'snp.report.vmpl'),
  'real/milan-v3-vlek-aws@wrong-intermediate': forged('snp.vek.intermediate', 'snp.report.vmpl'),
  'real/genoa-v3-caci': NOTHING,
  'real/genoa-line-v5-siena': NOTHING,
  'real/turin-v5-caci': NOTHING,
  'real/azure-milan-v2-hcl': NOTHING,
  'real/azure-milan-v3-vtpm': NOTHING,
  'roots/milan-ask': NOTHING,
  'roots/milan-asvk': NOTHING,
  'roots/genoa-ask': NOTHING,
  'roots/genoa-asvk': NOTHING,
  'roots/turin-ask': NOTHING,
  'roots/turin-asvk': NOTHING,
  // A report of version 2 is of a product that only its certificate names; what it vouches for
  // is as open as itself.
  'real/azure-hcl-no-vcek': open('snp.vek.format', 'snp.product.known', 'vtpm.evidence.authentic'),
  'real/turin-vcek-only': NOTHING,
  'real/vcek-edited-raw-hwid': forged('snp.vek.chain'),
  'real/vcek-edited-der-hwid': forged('snp.vek.chain'),
  'measurement/launch-digest': NOTHING,
  'measurement/id-block': NOTHING,
  'synthetic/genoa/crl-ask-revoked': forged('snp.vek.revocation'),
  'synthetic/genoa/crl-asvk-revoked': forged('snp.vek.revocation'),
  'synthetic/genoa/crl-future': STALE_CRL,
  'synthetic/genoa/crl-ok': NOTHING,
  'synthetic/genoa/crl-signed-by-ask': {
    failed: ['snp.crl.signature'],
    unresolved: ['snp.vek.revocation'],
    authentic: false,
  },
  'synthetic/genoa/crl-stale': STALE_CRL,
  'synthetic/genoa/v1': forged('snp.report.format'),
  'synthetic/genoa/v2-ok': NOTHING,
  'synthetic/genoa/v255': forged('snp.report.format'),
  'synthetic/genoa/v3-ok': NOTHING,
  'synthetic/genoa/v4-mit-ok': NOTHING,
  'synthetic/genoa/v5-bergamo-ok': NOTHING,
  'synthetic/genoa/v5-committed-lt-current': NOTHING,
  'synthetic/genoa/v5-debug': genuineBut('snp.policy.debug'),
  'synthetic/genoa/v5-ext-table-be': NOTHING,
  'synthetic/genoa/v5-ext-table-le': {
    failed: ['snp.certificate_table.format'],
    unresolved: ['snp.vek.format'],
    authentic: false,
  },
  'synthetic/genoa/v5-ext-table-offset-in-header': BAD_TABLE,
  'synthetic/genoa/v5-ext-table-overflow': BAD_TABLE,
  'synthetic/genoa/v5-ext-table-past-end': BAD_TABLE,
  'synthetic/genoa/v5-ext-table-u32wrap': BAD_TABLE,
  'synthetic/genoa/v5-ext-table-unterminated': BAD_TABLE,
  'synthetic/genoa/v5-fms-unknown': forged('snp.product.known'),
  'synthetic/genoa/v5-hostreq': genuineBut('snp.report.vmpl'),
  'synthetic/genoa/v5-masked-chip': NOTHING,
  'synthetic/genoa/v5-migrate-ma': genuineBut('snp.policy.migrate_ma'),
  'synthetic/genoa/v5-mbz18b-signed': DIRTY_SIGNED,
  'synthetic/genoa/v5-mbz208-signed': DIRTY_SIGNED,
  'synthetic/genoa/v5-mbz4c-signed': DIRTY_SIGNED,
  // What is behind a report is read as a certificate table.
  'synthetic/genoa/v5-neg-long': forged('snp.certificate_table.format'),
  'synthetic/genoa/v5-neg-mbz18b': DIRTY,
  'synthetic/genoa/v5-neg-mbz208': DIRTY,
  'synthetic/genoa/v5-neg-mbz4c': DIRTY,
  'synthetic/genoa/v5-neg-r48': BAD_FORM,
  'synthetic/genoa/v5-neg-r71': BAD_FORM,
  'synthetic/genoa/v5-neg-s48': BAD_FORM,
  'synthetic/genoa/v5-neg-short': forged('snp.report.format'),
  'synthetic/genoa/v5-neg-sig-r-plus-n': BAD_FORM,
  'synthetic/genoa/v5-neg-sigzero': BAD_FORM,
  'synthetic/genoa/v5-neg-tail': BAD_FORM,
  'synthetic/genoa/v5-no-alias-check': NOTHING,
  'synthetic/genoa/v5-ok': NOTHING,
  'synthetic/genoa/v5-ok@vendor-root': forged('snp.vek.chain', 'snp.vek.root'),
  'synthetic/genoa/v5-plat-unknown-bit': genuineBut('snp.platform_info.reserved'),
  'synthetic/genoa/v5-policy-bit17-clear': genuineBut('snp.policy.reserved'),
  'synthetic/genoa/v5-policy-bit26': genuineBut('snp.policy.reserved'),
  'synthetic/genoa/v5-sig-n-minus-s': NOTHING,
  'synthetic/genoa/v5-signer-none': forged('snp.report.signing_key'),
  'synthetic/genoa/v5-signer-reserved': forged('snp.report.signing_key'),
  'synthetic/genoa/v5-signer-vlek-but-vcek-signed': forged('snp.vek.kind'),
  'synthetic/genoa/v5-tio': NOTHING,
  'synthetic/genoa/v5-vlek-ok': NOTHING,
  'synthetic/genoa/v5-vmpl1': genuineBut('snp.report.vmpl'),
  'synthetic/genoa/v6-unknown': forged('snp.report.format'),
  'synthetic/genoa/vcek-expired': forged('snp.vek.validity'),
  'synthetic/genoa/vcek-hwid-der': NOTHING,
  'synthetic/genoa/vcek-no-ucode': forged('snp.vek.extensions'),
  'synthetic/genoa/vcek-nohwid': forged('snp.vek.extensions'),
  'synthetic/genoa/vcek-snpspl-plus-1': forged('snp.vek.tcb'),
  'synthetic/genoa/vcek-wronghwid': forged('snp.vek.hwid'),
  ...goodOf('milan'),
  ...goodOf('turin'),
};

function goodOf(line: string): Readonly<Record<string, Reason>> {
  const names = ['crl-ok', 'v2-ok', 'v3-ok', 'v4-mit-ok', 'v5-ok', 'v5-vlek-ok'];
  return Object.fromEntries(names.map((name) => [`synthetic/${line}/${name}`, NOTHING]));
}

function verdictOf({ failed, unresolved }: Reason): string {
  if (failed.length > 0) return 'reject';
  return unresolved.length > 0 ? 'indeterminate' : 'accept';
}

const folder = vectorsFolder('snp');

describe.skipIf(folder === undefined)('published SEV-SNP vectors', async () => {
  if (folder === undefined) return;
  const path = join(folder, 'manifest.json');
  const cases: { readonly id: string }[] = JSON.parse(readFileSync(path, 'utf8'));
  const reports = new Map((await conformance(path)).map((report) => [report.id, report]));

  it('are all in the table, and the table holds no others', () => {
    expect(Object.keys(REASONS).sort()).toEqual(cases.map(({ id }) => id).sort());
  });

  it.each(cases.map(({ id }) => id))('%s', (id) => {
    const report = reports.get(id);
    // Verdict and fields as the manifest has them.
    expect(report?.differs).toEqual([]);
    const reason = REASONS[id];
    if (reason === undefined) throw new Error(`no reason is written down for ${id}`);
    expect(report?.failed).toEqual(reason.failed);
    expect(report?.unresolved).toEqual(reason.unresolved);
    expect(report?.verdict).toBe(verdictOf(reason));
    // What measures only has nobody's signature on it.
    if (!id.startsWith('measurement/')) expect(report?.authentic).toBe(reason.authentic);
  });
});
