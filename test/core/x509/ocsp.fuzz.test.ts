import { expect } from 'vitest';
import { isMismatch } from '../../../src/core/mismatch.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { type OcspResponse, parseOcspResponse } from '../../../src/core/x509/ocsp.ts';
import { certIdMatches, ocspSigner } from '../../../src/core/x509/ocsp-signer.ts';
import { elementAt } from '../../support/forge.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { hex } from '../../support/hex.ts';
import {
  byName,
  nonceExtension,
  OCSP_SIGNING,
  purposes,
  respond,
  revoked,
  single,
} from '../../support/ocsp.ts';
import { certify, party } from '../../support/pki.ts';

const ca = await party('Test CA', 'P-384');
const leaf = await party('Test Leaf', 'P-384');
const delegate = await party('Test Responder', 'P-384');
const caCert = parseCertificate(await certify(ca, ca, { kind: 'ca' }), 'ca');
const leafCert = parseCertificate(await certify(leaf, ca), 'leaf');
const delegateDer = await certify(delegate, ca, { more: [purposes([OCSP_SIGNING])] });
const good = [
  await respond(delegate, [single(leafCert, caCert)], {
    certificates: [delegateDer],
    extensions: nonceExtension(hex('0102030405060708')),
  }),
  await respond(
    ca,
    [single(leafCert, caCert, { status: revoked(1) }), single(caCert, caCert, { hash: 'sha256' })],
    { responder: byName(caCert) },
  ),
  hex('30030a0103'),
];

fuzz(
  'a damaged response is refused or read whole, and never passes for signed',
  damaged(...good),
  (der) => {
    const parsed = orRefused(() => parseOcspResponse(der, 'fuzz'));
    if (parsed?.status !== 'successful') return;
    const { response } = parsed;
    expect(response.producedAt).not.toBeNaN();
    expect(response.responses.length).toBeGreaterThan(0);
    for (const { status, certId, validity, revokedAt } of response.responses) {
      expect(['good', 'revoked', 'unknown']).toContain(status);
      expect(certId.serial).toMatch(/^([0-9a-f]{2})+$/);
      expect(validity.from + validity.to).not.toBeNaN();
      expect(revokedAt === undefined).toBe(status !== 'revoked');
      expect(typeof certIdMatches(certId, leafCert, caCert)).toBe('boolean');
    }
    if (!isMismatch(ocspSigner(response, caCert))) expect(isUnchanged(response)).toBe(true);
  },
);

/** Whether what is under the signature is what one of us signed. */
function isUnchanged({ tbs }: OcspResponse): boolean {
  return good
    .slice(0, 2)
    .some((der) => Buffer.from(elementAt(der, [1, 0, 1, 0, 0])).equals(Buffer.from(tbs)));
}
