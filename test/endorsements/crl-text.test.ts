import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { toPem } from '../../src/core/encoding/pem.ts';
import { crlFromAnyForm } from '../../src/endorsements/crl-text.ts';

const der = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x05);
const pem = toPem(der, 'X509 CRL');

describe('reads', () => {
  it.each([
    { name: 'DER', bytes: der },
    { name: 'hex', bytes: utf8(toHex(der)) },
    { name: 'upper-case hex with a line end', bytes: utf8(`${toHex(der).toUpperCase()}\n`) },
    { name: 'PEM', bytes: utf8(pem) },
    { name: 'a view into a larger buffer', bytes: Uint8Array.of(9, ...der, 9).subarray(1, 6) },
  ])('$name', ({ bytes }) => {
    expect(crlFromAnyForm(bytes, 'crl')).toEqual(der);
  });
});

describe('refuses', () => {
  it.each([
    { name: 'nothing', bytes: new Uint8Array(), detail: /^want a CRL as DER, hex or PEM, got ""/ },
    { name: 'HTML', bytes: utf8('<html>'), detail: /got "<html>"/ },
    { name: 'half a byte of hex', bytes: utf8('30030'), detail: /^want a CRL/ },
    { name: 'two lists', bytes: utf8(pem + pem), detail: /^want one CRL, got 2/ },
    { name: 'another kind of PEM', bytes: utf8(toPem(der, 'CERTIFICATE')), detail: /PEM block/ },
  ])('$name', ({ bytes, detail }) => {
    expect(() => crlFromAnyForm(bytes, 'crl')).toThrow(
      expect.objectContaining({
        code: 'malformed',
        at: 'crl',
        detail: expect.stringMatching(detail),
      }),
    );
  });
});
