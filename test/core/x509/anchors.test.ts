import { describe, expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { toHex } from '../../../src/core/bytes/hex.ts';
import {
  anchorFromCertificate,
  INTEL_SGX_ROOT,
  SIMULATOR_ORGANIZATION,
} from '../../../src/core/x509/anchors.ts';
import { linkProblem } from '../../../src/core/x509/chain.ts';
import { faultOf } from '../../support/fault-of.ts';
import { certify, party } from '../../support/pki.ts';
import { asView } from '../../support/view.ts';

const root = await party('Test Root CA');
const der = await certify(root, root, { kind: 'ca' });
const simulated = await certify(root, root, {
  kind: 'ca',
  subject: [{ CN: ['Any Root CA'] }, { O: [SIMULATOR_ORGANIZATION] }],
});

describe('Intel’s root', () => {
  it('is the certificate that Intel publishes', () => {
    expect(toHex(sha256(INTEL_SGX_ROOT.certificate.der))).toBe(
      '44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3',
    );
  });

  it('is called Intel SGX Root CA, is the vendor’s and signs itself', () => {
    const { name, kind, certificate } = INTEL_SGX_ROOT;
    expect([name, kind, certificate.subject.commonName]).toEqual([
      'Intel SGX Root CA',
      'vendor',
      'Intel SGX Root CA',
    ]);
    expect(linkProblem(certificate, certificate, 0)).toBeUndefined();
  });
});

describe('anchorFromCertificate', () => {
  it('takes a root for somebody’s own', () => {
    const anchor = anchorFromCertificate(asView(der), 'root');
    expect(anchor).toMatchObject({ name: 'CN=Test Root CA, O=Test, C=DE', kind: 'custom' });
    expect(anchor.certificate.der).toEqual(der);
  });

  it('marks what the simulator made', () => {
    expect(anchorFromCertificate(simulated, 'root').kind).toBe('simulator');
  });

  it('never makes a vendor of anybody, not even of the vendor’s own certificate', () => {
    expect(anchorFromCertificate(INTEL_SGX_ROOT.certificate.der, 'root').kind).toBe('custom');
  });

  it('refuses what is not one certificate', () => {
    expect(faultOf(() => anchorFromCertificate(der.subarray(1), 'root')).code).toBe('malformed');
    expect(faultOf(() => anchorFromCertificate(Uint8Array.of(...der, 0), 'root')).at).toBe('root');
  });
});
