import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  certificateMember,
  parseTlsCertificate,
} from '../../../src/appraisal/binding/tls-certificate.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { JsonShape } from '../../../src/core/encoding/json-shape.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { faultOf } from '../../support/fault-of.ts';
import { followedBy, forge, remove, tlv, twice } from '../../support/forge.ts';
import { freshSpki, SPKI, spkiOf, tlsCertificate } from '../../support/tls-certificates.ts';
import { asView } from '../../support/view.ts';

const der = await tlsCertificate({ extensions: { '1.2.3.4': Uint8Array.of(1, 2) } });
const parse = (bytes: Uint8Array) => parseTlsCertificate(bytes, 'cert');

it('finds the key that node:crypto finds, and every extension', () => {
  const { spki, extensions } = parse(der);
  const { publicKey } = new X509Certificate(der);
  expect(Buffer.from(spki).equals(publicKey.export({ type: 'spki', format: 'der' }))).toBe(true);
  expect(extensions.get('1.2.3.4')).toEqual(Uint8Array.of(4, 2, 1, 2));
  expect(extensions.size).toBe(6);
});

it.each(['ed25519', 'rsa', 'ec'] as const)('reads a key of any kind: %s', async (kind) => {
  const spki = freshSpki(kind);
  expect(parse(await tlsCertificate({ spki })).spki).toEqual(spki);
});

it('reads a certificate without extensions', () => {
  expect(parse(forge(der, [0, 7], remove)).extensions.size).toBe(0);
});

it('reads an extension that is critical, whatever it is', () => {
  const critical = forge(der, [0, 7, 0, 0], (extension) =>
    forge(extension, [0], followedBy('0101ff')),
  );
  expect(parse(critical).spki).toEqual(spkiOf(der));
});

it('reads the same out of a larger buffer', () => {
  expect(parse(asView(der))).toEqual(parse(der));
});

describe('refuses', () => {
  it.each([
    { name: 'nothing', bytes: new Uint8Array(), at: 'cert.sequence' },
    { name: 'a certificate cut short', bytes: der.subarray(0, -1), at: 'cert.sequence' },
    { name: 'a byte behind', bytes: Uint8Array.of(...der, 0), at: 'cert' },
    {
      name: 'an element behind the signature',
      bytes: forge(der, [2], followedBy('0500')),
      at: 'cert',
    },
    {
      name: 'version 1',
      bytes: forge(der, [0, 0], () => tlv(0xa0, tlv(TAG.integer, Uint8Array.of(0)))),
      at: 'cert.version',
    },
    {
      name: 'no version',
      bytes: forge(der, [0, 0], remove),
      at: 'cert.tbsCertificate.version',
    },
    {
      name: 'a key that is none',
      bytes: forge(der, SPKI, () => tlv(TAG.sequence, tlv(TAG.null))),
      at: 'cert.subjectPublicKeyInfo.algorithm',
    },
    {
      name: 'something behind the key',
      bytes: forge(der, [0, 6, 1], followedBy('0500')),
      at: 'cert.subjectPublicKeyInfo',
    },
    {
      name: 'a second key before the first',
      bytes: forge(der, SPKI, twice),
      at: 'cert.tbsCertificate.extensions',
    },
    {
      name: 'an extension twice',
      bytes: forge(der, [0, 7, 0, 0], twice),
      at: 'cert.extensions',
    },
    {
      name: 'a length that is not minimal',
      bytes: concatBytes(Uint8Array.of(0x30, 0x83, 0), der.subarray(2)),
      at: 'cert.sequence',
    },
    { name: 'more than 256 KiB', bytes: new Uint8Array(262_145), at: 'cert' },
  ])('$name', ({ bytes, at }) => {
    expect(faultOf(() => parse(bytes))).toMatchObject({ code: 'malformed', at });
  });
});

describe('as a member', () => {
  const read = (certificate: unknown) =>
    certificateMember(new JsonShape({ certificate } as never, 'binding'), 'certificate');
  const pem = toPem(der, 'CERTIFICATE');

  it('is PEM or base64 of DER', () => {
    expect(read(pem)).toEqual(parse(der));
    expect(read(Buffer.from(der).toString('base64'))).toEqual(parse(der));
  });

  it.each([
    { name: 'nothing', text: '' },
    { name: 'no text', text: 7 },
    { name: 'two certificates', text: pem + pem },
    { name: 'a key in PEM', text: pem.replaceAll('CERTIFICATE', 'PUBLIC KEY') },
    { name: 'text behind the PEM', text: `${pem}and so on` },
    { name: 'base64 with a line break', text: `${Buffer.from(der).toString('base64')}\n` },
    { name: 'far too much', text: 'A'.repeat(524_289) },
  ])('and not $name', ({ text }) => {
    const fault = faultOf(() => read(text));
    expect(fault.code).toBe('malformed');
    expect(fault.at).toMatch(/^binding\.certificate/);
  });
});
