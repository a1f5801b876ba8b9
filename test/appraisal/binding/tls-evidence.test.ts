import { describe, expect, it } from 'vitest';
import {
  certificateChallenge,
  LARGEST_TLS_EVIDENCE,
  readTlsEvidence,
  TLS_EVIDENCE_OID,
  TLS_EVIDENCE_OID_DER,
  writeTlsEvidence,
} from '../../../src/appraisal/binding/tls-evidence.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { DerReader } from '../../../src/core/encoding/der.ts';
import { faultOf } from '../../support/fault-of.ts';
import { forge } from '../../support/forge.ts';
import { damaged, fuzz } from '../../support/fuzz.ts';
import { spkiOf, tlsCertificate } from '../../support/tls-certificates.ts';
import { asView } from '../../support/view.ts';

const BUNDLE = utf8('{"v":1}');
/** Where the OID of the sixth extension stands: the library can't write one as large as ours. */
const SIXTH = [0, 7, 0, 5, 0];
const carrying = async (bundle: Uint8Array) =>
  forge(
    await tlsCertificate({ extensions: { '1.2.3': bundle } }),
    SIXTH,
    () => TLS_EVIDENCE_OID_DER,
  );
const good = await carrying(BUNDLE);

it('is read out of the certificate that carries it', () => {
  const read = readTlsEvidence(asView(good));
  expect(read.bundle).toEqual(BUNDLE);
  expect(read.spki).toEqual(spkiOf(good));
});

it.each([1, 0x7f, 0x80, 0xff, 0x100, 0xffff, LARGEST_TLS_EVIDENCE])('is %i bytes', (length) => {
  const bundle = new Uint8Array(length).fill(7);
  const reader = new DerReader(writeTlsEvidence(bundle), 'value');
  expect(reader.octetString('bundle')).toEqual(bundle);
  reader.end();
});

it('stands under a UUID of ours', () => {
  const uuid = BigInt('0x0233ae71fbb84915a6695b5276f71d95');
  expect(TLS_EVIDENCE_OID).toBe(`2.25.${uuid}`);
  expect(new DerReader(TLS_EVIDENCE_OID_DER, 'oid').oid('oid')).toBe(TLS_EVIDENCE_OID);
});

it('answers a nonce that is its key’s own', () => {
  const { purpose, nonce } = certificateChallenge(new Uint8Array(91).fill(3));
  expect(purpose).toBe('tls-certificate');
  expect(toHex(nonce)).toBe('dc16b35f18d9725b2d0e419d3411ae5e66d012d68d14040a2b438ec4b2136e77');
  expect(certificateChallenge(new Uint8Array(91).fill(4)).nonce).not.toEqual(nonce);
});

describe('refuses', () => {
  it('to write none, and more than peers take', () => {
    for (const length of [0, LARGEST_TLS_EVIDENCE + 1]) {
      expect(faultOf(() => writeTlsEvidence(new Uint8Array(length))).code).toBe('usage');
    }
  });

  it('a certificate without it', async () => {
    const plain = await tlsCertificate();
    expect(faultOf(() => readTlsEvidence(plain)).code).toBe('missing');
  });

  it.each([0, LARGEST_TLS_EVIDENCE + 1])('%i bytes of it', async (length) => {
    const der = await carrying(new Uint8Array(length));
    const fault = faultOf(() => readTlsEvidence(der));
    expect(fault.code).toBe('malformed');
    expect(fault.at).toBe(`certificate.extensions.${TLS_EVIDENCE_OID}`);
  });
});

fuzz('the evidence of a damaged certificate is in it, or refused', damaged(good), (bytes) => {
  try {
    const { bundle, spki } = readTlsEvidence(bytes);
    expect(bundle.buffer).toBe(bytes.buffer);
    expect(bundle.length).toBeGreaterThan(0);
    expect(spki.length).toBeLessThan(bytes.length);
  } catch (error) {
    expect(['malformed', 'missing']).toContain(
      faultOf(() => {
        throw error;
      }).code,
    );
  }
});
