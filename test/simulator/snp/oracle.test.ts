import { constants, verify, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SnpSigner } from '../../../src/simulator/snp/plan.ts';
import type { SnpProduct } from '../../../src/simulator/snp/product.ts';
import { type SimulatedSnp, simulateSnp } from '../../../src/simulator/snp/simulate.ts';

const CASES = (['milan', 'genoa', 'turin'] as const).flatMap((product) =>
  (['vcek', 'vlek'] as const).map((signer) => ({ product, signer })),
);

/** OpenSSL reads what the simulator wrote; none of our own parsers is asked. */
describe.each(CASES)('OpenSSL agrees with $product, $signer', ({ product, signer }) => {
  let made: SimulatedSnp;
  let chain: Record<'leaf' | 'intermediate' | 'root', X509Certificate>;

  beforeAll(async () => {
    made = await simulated(product, signer);
    chain = {
      leaf: new X509Certificate(made.vek ?? new Uint8Array()),
      intermediate: new X509Certificate(made.chain[0] ?? new Uint8Array()),
      root: new X509Certificate(made.root),
    };
  });

  it('about the certificates', () => {
    const { leaf, intermediate, root } = chain;
    expect(leaf.checkIssued(intermediate) && leaf.verify(intermediate.publicKey)).toBe(true);
    expect(intermediate.checkIssued(root) && intermediate.verify(root.publicKey)).toBe(true);
    expect(root.checkIssued(root) && root.verify(root.publicKey)).toBe(true);
    expect([leaf.ca, intermediate.ca, root.ca]).toEqual([false, true, true]);
    expect(leaf.verify(root.publicKey)).toBe(false);
  });

  it('about names, serial numbers and keys', () => {
    const { leaf, intermediate, root } = chain;
    const line = { milan: 'Milan', genoa: 'Genoa', turin: 'Turin' }[product];
    const name = (commonName: string) => [
      'OU=Engineering',
      'C=US',
      'L=Santa Clara',
      'ST=CA',
      'O=Postern Simulator',
      `CN=${commonName}`,
    ];
    expect(leaf.subject.split('\n')).toEqual(name(`SEV-${signer.toUpperCase()}`));
    expect(intermediate.subject.split('\n')).toEqual(
      name(signer === 'vcek' ? `SEV-${line}` : `SEV-VLEK-${line}`),
    );
    expect(root.subject.split('\n')).toEqual(name(`ARK-${line}`));
    expect(leaf.serialNumber).toBe('0');
    expect(leaf.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'secp384r1' });
    for (const { publicKey } of [intermediate, root]) {
      expect(publicKey.asymmetricKeyDetails).toEqual({
        modulusLength: 4096,
        publicExponent: 65537n,
      });
    }
  });

  it('about the signature of the report', () => {
    const signature = Buffer.from(made.report.subarray(0x2a0));
    const r = signature.subarray(0, 48).reverse();
    const s = signature.subarray(72, 120).reverse();
    const key = { key: chain.leaf.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    const signed = made.report.subarray(0, 0x2a0);
    expect(made.report).toHaveLength(1184);
    expect(verify('sha384', signed, key, Buffer.concat([r, s]))).toBe(true);
    expect(verify('sha384', made.report, key, Buffer.concat([r, s]))).toBe(false);
  });

  it('about the signature of the CRL', () => {
    const crl = made.crl ?? new Uint8Array();
    // SEQUENCE { tbsCertList, AlgorithmIdentifier, BIT STRING }: the last 512 bytes are the signature.
    const tbs = crl.subarray(4, 4 + 3 + (crl[6] ?? 0));
    const key = {
      key: chain.root.publicKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 48,
    };
    expect(tbs.subarray(0, 2)).toEqual(Uint8Array.of(0x30, 0x81));
    expect(verify('sha384', tbs, key, crl.subarray(-512))).toBe(true);
  });
});

function simulated(product: SnpProduct, signer: SnpSigner): Promise<SimulatedSnp> {
  return simulateSnp({
    product,
    signer,
    edit: ({ handed }) => {
      handed.crl = 'der';
    },
  });
}
