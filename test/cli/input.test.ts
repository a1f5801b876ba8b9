import { describe, expect, it } from 'vitest';
import { decodeEvidence, readAnchor } from '../../src/cli/input.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { toPem } from '../../src/core/encoding/pem.ts';
import { faultOf } from '../support/fault-of.ts';
import { asView } from '../support/view.ts';
import { honest } from './fake-io.ts';

const { quote, root } = honest;
const hex = toHex(quote);
const lines = (text: string) => text.replace(/.{64}/g, '$&\r\n');

describe('decodeEvidence reads a quote that is', () => {
  it.each([
    ['binary', quote],
    ['hex', utf8(hex)],
    ['hex with a line feed behind', utf8(`${hex}\n`)],
    ['upper-case hex', utf8(hex.toUpperCase())],
    ['0x and hex in lines', utf8(`0x${lines(hex)}`)],
    ['0X and hex', utf8(`0X${hex}`)],
    ['hex in pairs', utf8(hex.replace(/../g, '$& '))],
    ['base64', utf8(toBase64(quote))],
    ['base64 in lines', utf8(`\n${lines(toBase64(quote))}\n`)],
  ])('%s', (_, file) => {
    expect(decodeEvidence(file)).toEqual(quote);
    expect(decodeEvidence(asView(file))).toEqual(quote);
  });

  it('base64 that begins with “0x” is not hex', () => {
    const bytes = Uint8Array.of(0xd3, 0x1a, 0x55);
    expect(toBase64(bytes)).toMatch(/^0x/);
    expect(decodeEvidence(utf8(toBase64(bytes)))).toEqual(bytes);
  });
});

describe('decodeEvidence leaves alone', () => {
  it.each([
    ['nothing', utf8('')],
    ['white space', utf8(' \r\n\t')],
    ['an odd number of hex digits', utf8('040')],
    ['URL-safe base64', utf8('BAAC_-_-')],
    ['base64 without its padding', utf8('BAACAIE')],
    ['hex with one character that is none', utf8(`${hex}g`)],
    ['hex behind a byte order mark', utf8(`\ufeff${hex}`)],
    ['text with a NUL', utf8('0400\0')],
  ])('%s', (_, file) => {
    expect(decodeEvidence(file)).toBe(file);
  });

  it('text too long to be any evidence, at once', () => {
    const file = new Uint8Array(16 * 1024 * 1024).fill(0x30);
    const start = performance.now();
    expect(decodeEvidence(file)).toBe(file);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

it('base64 that two texts could stand for is refused', () => {
  expect(faultOf(() => decodeEvidence(utf8('BAB=')))).toMatchObject({ code: 'malformed' });
});

describe('readAnchor', () => {
  const pem = toPem(root, 'CERTIFICATE');

  it.each([
    ['DER', root],
    ['PEM', utf8(pem)],
    ['PEM with other line ends', utf8(pem.replaceAll('\n', '\r\n'))],
  ])('reads a root in %s and knows the simulator’s', (_, file) => {
    const anchor = readAnchor('root', file);
    expect(anchor.certificate.der).toEqual(root);
    expect(anchor.kind).toBe('simulator');
  });

  it.each([
    ['an empty file', utf8('')],
    ['garbage', utf8('trust me')],
    ['two certificates', utf8(pem + pem)],
    ['two certificates in DER', concatBytes(root, root)],
    ['a truncated certificate', root.subarray(0, 200)],
    ['a private key', utf8(toPem(root, 'PRIVATE KEY'))],
    ['text before the certificate', utf8(`Subject: me\n${pem}`)],
    ['hex of a certificate', utf8(toHex(root))],
    ['a quote', quote],
  ])('refuses %s', (_, file) => {
    expect(faultOf(() => readAnchor('the-file', file))).toMatchObject({
      code: 'malformed',
      at: expect.stringMatching(/^the-file/),
    });
  });
});
