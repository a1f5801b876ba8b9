import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { fromPem } from '../../../src/core/encoding/pem.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { anchorFromCertificate, INTEL_SGX_ROOT } from '../../../src/core/x509/anchors.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { crlProblem, linkProblem, rootProblem } from '../../../src/core/x509/chain.ts';
import { parseCrl, parseNumberedCrl } from '../../../src/core/x509/crl.ts';
import { isSignedBy } from '../../../src/core/x509/signed.ts';
import { faultOf } from '../../support/fault-of.ts';
import { vectorsFolder } from '../../support/vectors.ts';

describe('AMD’s roots', () => {
  it('are the certificates that AMD publishes', () => {
    expect(AMD_ROOTS.map(({ certificate }) => toHex(sha256(certificate.der)))).toEqual([
      '69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd',
      '4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1',
      '1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a',
    ]);
  });

  it('are called by their product lines', () => {
    const names = ['ARK-Milan', 'ARK-Genoa', 'ARK-Turin'];
    expect(AMD_ROOTS.map(({ name }) => name)).toEqual(names);
    expect(AMD_ROOTS.map(({ certificate }) => certificate.subject.commonName)).toEqual(names);
  });

  it.each(AMD_ROOTS)('$name is the vendor’s and signs itself', ({ kind, certificate }) => {
    expect(kind).toBe('vendor');
    expect(certificate.publicKey.kind).toBe('RSA-4096');
    expect(certificate.signatureAlgorithm).toBe('RSASSA-PSS-SHA384');
    expect(certificate.basicConstraints).toEqual({ ca: true, pathLength: undefined });
    expect(certificate.keyUsage).toMatchObject({ keyCertSign: true, cRLSign: true });
    expect(linkProblem(certificate, certificate, 0)).toBeUndefined();
    expect(rootProblem(certificate, AMD_ROOTS)).toBeUndefined();
  });

  it.each(AMD_ROOTS)('$name did not sign the others, nor they it', ({ certificate }) => {
    const signers = [...AMD_ROOTS, INTEL_SGX_ROOT].filter((other) =>
      isSignedBy(certificate, other.certificate.publicKey),
    );
    expect(signers.map((signer) => signer.certificate)).toEqual([certificate]);
  });

  it.each(AMD_ROOTS)('$name with its last bit flipped is its own no longer', ({ certificate }) => {
    const der = certificate.der.with(-1, (certificate.der.at(-1) ?? 0) ^ 1);
    const forged = parseCertificate(der, 'root');
    expect(rootProblem(forged, AMD_ROOTS)).toMatchObject({ got: 'an invalid signature' });
  });
});

const folder = vectorsFolder('snp');
const file = (path: string) => new Uint8Array(readFileSync(join(folder ?? '', path)));

function chainOf(name: string) {
  const ders = fromPem(
    new TextDecoder().decode(file(`roots/${name}-ark.pem`)),
    'CERTIFICATE',
    name,
  );
  return ders.map((der) => parseCertificate(der, name));
}

describe.skipIf(folder === undefined)('genuine chains', () => {
  it.each(['milan-ask', 'milan-asvk', 'genoa-ask', 'genoa-asvk', 'turin-ask', 'turin-asvk'])(
    '%s is signed by its root, in Node’s eyes too',
    (name) => {
      const [intermediate, root] = chainOf(name);
      if (intermediate === undefined || root === undefined) throw new Error('want two');
      expect(rootProblem(root, AMD_ROOTS)).toBeUndefined();
      expect(linkProblem(intermediate, root, 1)).toBeUndefined();
      const theirs = new X509Certificate(intermediate.der);
      for (const anchor of AMD_ROOTS) {
        const { certificate } = anchor;
        const signed = theirs.verify(new X509Certificate(certificate.der).publicKey);
        expect(isSignedBy(intermediate, certificate.publicKey)).toBe(signed);
      }
    },
  );

  it.each([
    ['milan-v2/vcek.der', 'milan-ask'],
    ['milan-v3-caci/vcek.der', 'milan-ask'],
    ['milan-v3-caci/vcek-reissued.der', 'milan-ask'],
    ['milan-v3-vlek-aws/vlek.der', 'milan-asvk'],
    ['azure-milan-v2-hcl/vcek.der', 'milan-ask'],
    ['genoa-v3-caci/vcek.der', 'genoa-ask'],
    ['genoa-line-v5-siena/vcek.der', 'genoa-ask'],
    ['turin-v5-caci/vcek.der', 'turin-ask'],
    ['turin-vcek-only/vcek.der', 'turin-ask'],
  ])('%s is signed by %s and no other', (path, name) => {
    const der = file(`real/${path}`);
    const vek = parseCertificate(der, 'vek');
    expect(vek.publicKey.kind).toBe('P-384');
    const [intermediate] = chainOf(name);
    if (intermediate === undefined) throw new Error('want an intermediate');
    expect(linkProblem(vek, intermediate, 0)).toBeUndefined();
    const theirs = new X509Certificate(der);
    expect(theirs.verify(new X509Certificate(intermediate.der).publicKey)).toBe(true);
    for (const { certificate } of AMD_ROOTS) {
      expect(isSignedBy(vek, certificate.publicKey)).toBe(false);
    }
  });

  it.each(['vcek-edited-raw-hwid', 'vcek-edited-der-hwid'])('%s is not signed', (name) => {
    const vek = parseCertificate(file(`real/${name}/vcek.der`), 'vek');
    for (const ask of ['milan-ask', 'genoa-ask', 'turin-ask'].map((line) => chainOf(line)[0])) {
      expect(ask && isSignedBy(vek, ask.publicKey)).toBe(false);
    }
  });
});

describe.skipIf(folder === undefined)('lists of AMD’s profile, under a root of their own', () => {
  const list = (name: string) => file(`synthetic/genoa/crls/${name}.der`);
  const root = () =>
    anchorFromCertificate(file('synthetic/genoa/certs/ark.der'), 'ark').certificate;

  it.each(['crl-ok', 'crl-ask-revoked', 'crl-asvk-revoked', 'crl-future', 'crl-stale'])(
    '%s is read and signed, though it has no extensions',
    (name) => {
      const crl = parseCrl(list(name), 'crl');
      expect([crl.number, crl.authorityKeyIdentifier]).toEqual([undefined, undefined]);
      expect(crlProblem(crl, root())).toBeUndefined();
      expect(faultOf(() => parseNumberedCrl(list(name), 'crl')).at).toBe('crl.crlExtensions');
    },
  );

  it('crl-signed-by-ask is not the root’s', () => {
    expect(crlProblem(parseCrl(list('crl-signed-by-ask'), 'crl'), root())).toMatchObject({
      got: 'an invalid signature',
    });
  });
});
