import { describe, expect, it } from 'vitest';
import { type VtpmVerification, verifyVtpmOn } from '../../src/appraisal/vtpm.ts';
import { AMD_ROOTS } from '../../src/core/x509/amd-roots.ts';
import { anchorFromCertificate } from '../../src/core/x509/anchors.ts';
import { snpClocksAt } from '../../src/evidence/snp/input.ts';
import { type SnpVerification, verifySnp } from '../../src/evidence/snp/verifier.ts';
import { clocksAt } from '../../src/evidence/tdx/clocks.ts';
import { type TdxVerification, verifyTdx } from '../../src/evidence/tdx/verifier.ts';
import { VTPM_BASELINE } from '../../src/evidence/vtpm/checks.ts';
import * as postern from '../../src/index.ts';
import type { SimulatedSnp } from '../../src/simulator/snp/simulate.ts';
import type { SimulatedTdx } from '../../src/simulator/tdx/simulate.ts';
import { azureSnp, azureTdx } from '../support/azure.ts';
import { jwk, NONCE, OTHER_AK, PCRS_JSON, quoted, runtimeJson } from '../support/tpm.ts';

function snpAnswer(made: SimulatedSnp, more: Partial<Parameters<typeof verifySnp>[0]> = {}) {
  return verifySnp({
    report: made.report,
    ...(made.vek && { vek: made.vek }),
    chain: made.chain,
    ...(made.crl && { crl: made.crl }),
    at: snpClocksAt(made.at),
    anchors: [anchorFromCertificate(made.root, 'root')],
    ...more,
  });
}

function tdxAnswer({ quote, collateral, root, at }: SimulatedTdx): TdxVerification {
  const anchors = [anchorFromCertificate(root, 'root')];
  return verifyTdx({ quote, collateral, at: clocksAt(at), anchors });
}

const snp = await azureSnp();
const tdx = await azureTdx();
const debug = await azureSnp({ fault: 'policy_debug' });
const at = snp.made.at;
const asked = { quote: quoted(), pcrs: PCRS_JSON, nonce: NONCE, at };

/** What can't be known without evidence that can be read. */
const UNKNOWN = ['vtpm.evidence.authentic', 'vtpm.evidence.vmpl', 'vtpm.hcl.binding'];

function outcomes({ checks }: VtpmVerification, outcome: string): readonly string[] {
  return checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
}

describe('a vTPM on accepted evidence', () => {
  it.each([
    ['SEV-SNP', snp.hcl, snpAnswer(snp.made), 'unchecked'],
    ['TDX', tdx.hcl, tdxAnswer(tdx.made), 'checked'],
  ] as const)('%s is accepted, the evidence a part of it', (_, hcl, evidence, revocation) => {
    const result = verifyVtpmOn(evidence, { ...asked, hcl });
    expect(result).toMatchObject({
      verdict: 'accept',
      authentic: true,
      evidence: 'vtpm',
      anchors: 'simulator',
      revocation,
      at: '2026-06-01T00:00:00Z',
    });
    expect(result.parts).toEqual([evidence]);
    expect(outcomes(result, 'pass').length).toBe(result.checks.length);
  });

  it('with a quote by another key: rejected, the part as it was', () => {
    const quote = quoted({}, OTHER_AK);
    const result = verifyVtpmOn(snpAnswer(snp.made), { ...asked, quote, hcl: snp.hcl });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
    expect(outcomes(result, 'fail')).toEqual(['vtpm.quote.signature']);
    expect(result.parts).toMatchObject([{ verdict: 'accept', authentic: true }]);
  });

  it('with what was asked for missing: open, the part as it was', () => {
    const result = verifyVtpmOn(snpAnswer(snp.made), { nonce: NONCE, at, hcl: snp.hcl });
    expect(result).toMatchObject({ verdict: 'indeterminate' });
    expect(result.parts).toMatchObject([{ verdict: 'accept' }]);
  });
});

describe('the verdict is the worse of both', () => {
  it('evidence that is genuine and not acceptable: rejected, authentic all the same', () => {
    const result = verifyVtpmOn(snpAnswer(debug.made), { ...asked, hcl: debug.hcl });
    expect(result).toMatchObject({ verdict: 'reject', authentic: true });
    expect(outcomes(result, 'pass').length).toBe(result.checks.length);
  });

  it('evidence that is forged: rejected, nothing of it authentic', () => {
    const evidence = snpAnswer(snp.made, { anchors: AMD_ROOTS });
    const result = verifyVtpmOn(evidence, { ...asked, hcl: snp.hcl });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, anchors: 'vendor' });
    // It is the evidence that was found wrong: of the vTPM nothing is known.
    expect(outcomes(result, 'fail')).toEqual([]);
    expect(outcomes(result, 'unresolved')).toEqual(['vtpm.evidence.authentic']);
    expect(result.claims).not.toHaveProperty('pcrs');
  });

  it('evidence whose certificate is missing: open', () => {
    const { vek: _, ...withoutVek } = snp.made;
    const result = verifyVtpmOn(snpAnswer(withoutVek), { ...asked, hcl: snp.hcl });
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: false });
    expect(outcomes(result, 'unresolved')).toEqual(['vtpm.evidence.authentic']);
  });

  it('evidence that is open and a vTPM that is wrong: rejected', () => {
    const { vek: _, ...withoutVek } = snp.made;
    const nonce = NONCE.with(0, 0);
    const result = verifyVtpmOn(snpAnswer(withoutVek), { ...asked, nonce, hcl: snp.hcl });
    expect(result.verdict).toBe('reject');
  });
});

describe('evidence of another machine', () => {
  it('does not bind this JSON', async () => {
    const keys = [jwk('HCLAkPub', OTHER_AK, 'sign')];
    const other = await azureSnp({}, runtimeJson({ keys }));
    const result = verifyVtpmOn(snpAnswer(snp.made), { at, hcl: other.hcl });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
    expect(outcomes(result, 'fail')).toEqual(['vtpm.hcl.binding']);
  });

  it.each<readonly [string, Uint8Array, SnpVerification | TdxVerification]>([
    ['a TDX quote for an SEV-SNP envelope', snp.hcl, tdxAnswer(tdx.made)],
    ['an SEV-SNP report for a TDX envelope', tdx.hcl, snpAnswer(snp.made)],
  ])('%s', (_, hcl, evidence) => {
    const result = verifyVtpmOn(evidence, { at, hcl });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
    expect(outcomes(result, 'fail')).toEqual(['vtpm.hcl.hardware', 'vtpm.hcl.binding']);
  });
});

describe('a report that the guest requested itself, at VMPL 2', async () => {
  const guests = await azureSnp({ fault: 'vmpl_2' });

  it('binds no vTPM, though the caller allows that VMPL', () => {
    const evidence = snpAnswer(guests.made, { relax: { vmpls: [2] } });
    expect(evidence).toMatchObject({ verdict: 'accept', authentic: true });
    const result = verifyVtpmOn(evidence, { ...asked, hcl: guests.hcl });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
    expect(outcomes(result, 'fail')).toEqual(['vtpm.evidence.vmpl']);
    expect(result.claims).not.toHaveProperty('pcrs');
  });

  it('nor without being allowed', () => {
    const result = verifyVtpmOn(snpAnswer(guests.made), { ...asked, hcl: guests.hcl });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
    expect(outcomes(result, 'fail')).toEqual(['vtpm.evidence.vmpl']);
  });
});

it('a TDX machine is not asked for a VMPL', () => {
  const { checks } = verifyVtpmOn(tdxAnswer(tdx.made), { ...asked, hcl: tdx.hcl });
  expect(checks.map(({ id }) => id)).not.toContain('vtpm.evidence.vmpl');
});

it('as a library a vTPM is verified on a verification, not on the word of the caller', () => {
  expect(postern).toHaveProperty('verifyVtpmOn');
  expect(postern).not.toHaveProperty('verifyVtpm');
});

describe('no evidence', () => {
  it('is needed to reject an envelope that can’t be read', () => {
    const result = verifyVtpmOn(undefined, { ...asked, hcl: snp.hcl.subarray(1) });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, parts: [] });
    expect(outcomes(result, 'fail')).toEqual(['vtpm.hcl.format']);
  });

  it('accepts nothing, however good the rest is', () => {
    const result = verifyVtpmOn(undefined, { ...asked, hcl: snp.hcl });
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: false, parts: [] });
    expect(outcomes(result, 'unresolved')).toEqual(expect.arrayContaining(UNKNOWN));
  });
});

it('evidence that is no report binds nothing', () => {
  const evidence = snpAnswer(snp.made, { report: new Uint8Array(3) });
  const result = verifyVtpmOn(evidence, { at, hcl: snp.hcl });
  expect(result).toMatchObject({ verdict: 'reject', authentic: false });
  expect(outcomes(result, 'unresolved')).toEqual(expect.arrayContaining(UNKNOWN));
});

it('without a quote only the baseline is asked, and nothing is said to be fresh', () => {
  const result = verifyVtpmOn(snpAnswer(snp.made), { at, hcl: snp.hcl });
  const ids = result.checks.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining([...VTPM_BASELINE]));
  expect(ids.filter((id) => /^vtpm\.(quote|pcrs|user_data)/.test(id))).toEqual([]);
  expect(result).toMatchObject({ verdict: 'accept', claims: { quoted: false } });
});
