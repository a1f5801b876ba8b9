import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { simulateTdx } from '../../../src/simulator/tdx/simulate.ts';

/** OpenSSL reads what the simulator wrote; none of our own parsers is asked. */
describe('OpenSSL agrees with', () => {
  let quote: Buffer;
  let collateral: Awaited<ReturnType<typeof simulateTdx>>['collateral'];
  let chain: X509Certificate[];

  beforeAll(async () => {
    const made = await simulateTdx();
    quote = Buffer.from(made.quote);
    collateral = made.collateral;
    chain = certificates(quote.toString('latin1'));
  });

  it('the PCK chain', () => {
    const [leaf, ca, root] = chain as [X509Certificate, X509Certificate, X509Certificate];
    expect(chain).toHaveLength(3);
    expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true);
    expect(ca.checkIssued(root) && ca.verify(root.publicKey)).toBe(true);
    expect(root.checkIssued(root) && root.verify(root.publicKey)).toBe(true);
    expect([leaf.ca, ca.ca, root.ca]).toEqual([false, true, true]);
  });

  it('the quote signature and that of the QE report', () => {
    const point = quote.subarray(700, 764);
    const attestationKey = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: point.subarray(0, 32).toString('base64url'),
        y: point.subarray(32).toString('base64url'),
      },
    });
    expect(isSigned(quote.subarray(0, 632), attestationKey, quote.subarray(636, 700))).toBe(true);
    const pck = (chain[0] as X509Certificate).publicKey;
    expect(isSigned(quote.subarray(770, 1154), pck, quote.subarray(1154, 1218))).toBe(true);
  });

  it.each(['tcb_info', 'qe_identity'] as const)('the signature of the %s', (member) => {
    const [signer] = certificates(collateral[`${member}_issuer_chain`] ?? '');
    const signature = Buffer.from(collateral[`${member}_signature`] ?? '', 'hex');
    const text = Buffer.from(collateral[member] ?? '');
    expect(isSigned(text, (signer as X509Certificate).publicKey, signature)).toBe(true);
  });
});

function certificates(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((pem) => new X509Certificate(pem));
}

function isSigned(
  message: Buffer,
  key: ReturnType<typeof createPublicKey>,
  signature: Buffer,
): boolean {
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
}
