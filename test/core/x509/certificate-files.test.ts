import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { AMD_ARK_GENOA, AMD_ARK_MILAN } from '../../../src/core/x509/amd-roots.ts';
import { readCertificates, readCrl } from '../../../src/core/x509/certificate-files.ts';
import { faultOf } from '../../support/fault-of.ts';
import { party, revoke } from '../../support/pki.ts';

const milan = AMD_ARK_MILAN.certificate.der;
const genoa = AMD_ARK_GENOA.certificate.der;

function pem(...ders: readonly Uint8Array[]): Uint8Array {
  return utf8(ders.map((der) => toPem(der, 'CERTIFICATE')).join(''));
}

const namesIn = (bytes: Uint8Array) =>
  readCertificates(bytes, 'chain[0]').map(({ subject }) => subject.commonName);

describe('certificates', () => {
  it('are one in DER, any number in PEM, in their order', () => {
    expect(namesIn(milan)).toEqual(['ARK-Milan']);
    expect(namesIn(pem(milan))).toEqual(['ARK-Milan']);
    expect(namesIn(pem(genoa, milan))).toEqual(['ARK-Genoa', 'ARK-Milan']);
    expect(namesIn(concatBytes(utf8('\r\n'), pem(milan)))).toEqual(['ARK-Milan']);
  });

  it('are copies: what is made of them does not change with the caller’s buffer', () => {
    const buffer = milan.slice();
    const [certificate] = readCertificates(buffer, 'vek');
    buffer.fill(0);
    expect(certificate?.der).toEqual(milan);
  });

  it.each([
    ['a second one in DER', concatBytes(milan, genoa), 'vek', /after the last element/],
    ['PEM of something else', utf8(toPem(milan, 'X509 CRL')), 'vek', /not a CERTIFICATE PEM block/],
    ['text before PEM', concatBytes(utf8('Milan:\n'), pem(milan)), 'vek', /not a CERTIFICATE/],
    ['text', utf8('no certificate'), 'vek', /not a CERTIFICATE/],
    ['bytes above ASCII', Uint8Array.of(0xef, 0xbb, 0xbf, ...pem(milan)), 'vek', /not a CERT/],
    ['a PEM block cut short', pem(milan).subarray(0, 900), 'vek[0]', /without its end line/],
    ['DER cut short', milan.subarray(0, 900), 'vek.sequence', /needs/],
  ])('are not %s', (_, bytes, at, detail) => {
    const fault = faultOf(() => readCertificates(bytes, 'vek'));
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault.detail).toMatch(detail);
  });

  it('that are none of several are named by their number', () => {
    const broken = pem(milan, genoa.subarray(0, 100));
    expect(faultOf(() => readCertificates(broken, 'chain[2]')).at).toMatch(/^chain\[2\]\[1\]/);
  });

  it('are sixteen at most', () => {
    expect(namesIn(pem(...new Array<Uint8Array>(16).fill(milan)))).toHaveLength(16);
    const more = pem(...new Array<Uint8Array>(17).fill(milan));
    expect(faultOf(() => readCertificates(more, 'vek'))).toMatchObject({
      code: 'malformed',
      at: 'vek',
      detail: '17 certificates',
    });
  });

  it('are not searched for in more than 256 KiB', () => {
    const most = 256 * 1024;
    const padded = (size: number) => {
      const bytes = new Uint8Array(size).fill(0x0a);
      bytes.set(pem(milan));
      return bytes;
    };
    expect(namesIn(padded(most))).toEqual(['ARK-Milan']);
    expect(faultOf(() => readCertificates(padded(most + 1), 'vek'))).toMatchObject({
      at: 'vek',
      detail: `${most + 1} bytes`,
    });
  });

  it('that are at hand need not be parsed again, if they are the same to the last byte', () => {
    const known = [AMD_ARK_GENOA.certificate, AMD_ARK_MILAN.certificate];
    for (const bytes of [milan, pem(milan)]) {
      expect(readCertificates(bytes, 'vek', known)[0]).toBe(AMD_ARK_MILAN.certificate);
    }
    const changed = milan.with(-1, (milan.at(-1) ?? 0) ^ 1);
    const [certificate] = readCertificates(changed, 'vek', known);
    expect(certificate?.der).toEqual(changed);
  });

  it.each([
    ['no bytes', new Uint8Array()],
    ['white space', utf8(' \n')],
  ])('are at least one: %s', (_, bytes) => {
    expect(faultOf(() => readCertificates(bytes, 'chain[1]'))).toMatchObject({
      code: 'malformed',
      at: 'chain[1]',
      detail: 'no certificate',
    });
  });
});

describe('a CRL', async () => {
  const der = await revoke(await party('ARK-Genoa', 'P-384'));
  const asPem = utf8(toPem(der, 'X509 CRL'));

  it('is read in either form', () => {
    expect(readCrl(der, 'crl')).toEqual(readCrl(asPem, 'crl'));
  });

  it.each([
    ['none', new Uint8Array()],
    ['two', concatBytes(asPem, asPem)],
  ])('is one, not %s', (_, bytes) => {
    expect(faultOf(() => readCrl(bytes, 'crl'))).toMatchObject({
      code: 'malformed',
      at: 'crl',
      detail: 'want one CRL',
    });
  });

  it('is no certificate, and no certificate a CRL', () => {
    faultOf(() => readCrl(milan, 'crl'));
    faultOf(() => readCertificates(der, 'vek'));
  });
});
