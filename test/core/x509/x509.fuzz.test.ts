import { expect } from 'vitest';
import { derSequence } from '../../../src/core/encoding/der.ts';
import { INTEL_SGX_ROOT } from '../../../src/core/x509/anchors.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { crlProblem, linkProblem } from '../../../src/core/x509/chain.ts';
import { parseCrl } from '../../../src/core/x509/crl.ts';
import {
  parseAuthorityKeyIdentifier,
  parseBasicConstraints,
  parseCrlNumber,
  parseExtendedKeyUsage,
  parseKeyUsage,
  parseSubjectKeyIdentifier,
} from '../../../src/core/x509/extensions.ts';
import { parseName } from '../../../src/core/x509/name.ts';
import { algorithmName, parsePublicKeyInfo } from '../../../src/core/x509/signed.ts';
import { elementAt, PSS_SHA384, PSS_SHA384_TRAILER } from '../../support/forge.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { hex } from '../../support/hex.ts';
import { certify, party, revoke } from '../../support/pki.ts';
import { RSA_2048 } from '../../support/rsa-keys.ts';

const root = await party('Test Root CA');
const leaf = await party('Test Leaf');
const rootDer = await certify(root, root, { kind: 'ca', pathLength: 1 });
const leafDer = await certify(leaf, root);
const rootCert = parseCertificate(rootDer, 'root');
const crlDer = await revoke(root, { entries: [{ serialNumber: '01' }, { serialNumber: '00ff' }] });
const ark = await party('ARK-Test', RSA_2048);
const vek = await party('SEV-VCEK', 'P-384');
const arkDer = await certify(ark, ark, { kind: 'ca', without: ['2.5.29.35'] });
const vekDer = await certify(vek, ark);
const issuers = [rootCert, parseCertificate(arkDer, 'ark')];
const amdCrlDer = await revoke(ark, {
  without: ['2.5.29.20', '2.5.29.35'],
  entries: [{ serialNumber: '010001' }],
});
const good = [rootDer, leafDer, INTEL_SGX_ROOT.certificate.der, arkDer, vekDer];

/** The parts of a signed structure that its signature covers, or is. */
function unchanged(der: Uint8Array, originals: readonly Uint8Array[]): boolean {
  const tbs = (bytes: Uint8Array) => Buffer.from(elementAt(bytes, [0]));
  return originals.some((original) => tbs(original).equals(tbs(der)));
}

fuzz(
  'a damaged certificate is refused or read whole, and never passes for signed',
  damaged(...good),
  (der) => {
    const certificate = orRefused(() => parseCertificate(der, 'fuzz'));
    if (certificate === undefined) return;
    expect(certificate.der).toEqual(der);
    expect(certificate.validity.from + certificate.validity.to).not.toBeNaN();
    if (issuers.some((issuer) => linkProblem(certificate, issuer, 0) === undefined)) {
      expect(unchanged(der, good)).toBe(true);
    }
  },
);

fuzz(
  'a damaged CRL is refused or read whole, and never passes for signed',
  damaged(crlDer, amdCrlDer),
  (der) => {
    const crl = orRefused(() => parseCrl(der, 'fuzz'));
    if (crl === undefined) return;
    expect(crl.validity.from + crl.validity.to).not.toBeNaN();
    for (const [serial, at] of crl.revoked) {
      expect(serial).toMatch(/^([0-9a-f]{2})+$/);
      expect(at).not.toBeNaN();
    }
    if (issuers.some((issuer) => crlProblem(crl, issuer) === undefined)) {
      expect(unchanged(der, [crlDer, amdCrlDer])).toBe(true);
    }
  },
);

function parseWhole(bytes: Uint8Array): string {
  return algorithmName(bytes, 'fuzz.algorithm');
}

const parts = damaged(
  elementAt(rootDer, [0, 3]),
  hex('30060101ff020101'),
  hex('03020106'),
  hex('0403010203'),
  hex('30058003010203'),
  hex('02020080'),
  hex('3014 06082b06010505070309 06082b06010505070301'),
  ...[rootDer, arkDer, vekDer].map((der) => elementAt(der, [0, 6])),
  PSS_SHA384,
  PSS_SHA384_TRAILER,
);

fuzz('names, keys, algorithms and extension values are refused or read', parts, (bytes) => {
  const name = orRefused(() => parseName(bytes, 'fuzz'));
  if (name !== undefined) expect(name.der).toBe(bytes);
  const constraints = orRefused(() => parseBasicConstraints(bytes, 'fuzz'));
  if (constraints !== undefined) expect(derSequence(bytes, 'fuzz')).toBeDefined();
  const key = orRefused(() => parsePublicKeyInfo(bytes, 'fuzz'));
  if (key !== undefined) expect(key.der).toBe(bytes);
  const algorithm = orRefused(() => parseWhole(bytes));
  if (algorithm === 'RSASSA-PSS-SHA384') {
    expect([PSS_SHA384, PSS_SHA384_TRAILER]).toContainEqual(bytes);
  }
  orRefused(() => parseKeyUsage(bytes, 'fuzz'));
  orRefused(() => parseSubjectKeyIdentifier(bytes, 'fuzz'));
  orRefused(() => parseAuthorityKeyIdentifier(bytes, 'fuzz'));
  orRefused(() => parseCrlNumber(bytes, 'fuzz'));
  const purposes = orRefused(() => parseExtendedKeyUsage(bytes, 'fuzz'));
  if (purposes !== undefined) expect(purposes.length).toBeGreaterThan(0);
});
