import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { encodeOcspRequest } from '../../../src/core/x509/ocsp-request.ts';
import { elementAt, tlv } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { certify, party } from '../../support/pki.ts';

const ca = await party('Test CA', 'P-384');
const leaf = await party('Test Leaf', 'P-384');
const caCert = parseCertificate(await certify(ca, ca, { kind: 'ca' }), 'ca');
const leafCert = parseCertificate(await certify(leaf, ca, { serial: '00ff12' }), 'leaf');

const sha384 = (bytes: Uint8Array) => new Uint8Array(createHash('sha384').update(bytes).digest());
const nameHash = sha384(caCert.subject.der);
const keyHash = sha384(elementAt(caCert.publicKey.der, [1]).subarray(3));
/** The same with each length worked out by hand. */
const certId = `3076 300b 0609608648016503040202 0430 ${toHex(nameHash)} 0430 ${toHex(keyHash)} 020300ff12`;

it('asks about one certificate', () => {
  const request = encodeOcspRequest(leafCert, caCert);
  expect(toHex(request)).toBe(toHex(hex(`307e 307c 307a 3078 ${certId}`)));
});

it('asks with a nonce', () => {
  const nonce = Uint8Array.from({ length: 32 }, (_, i) => i);
  const extension = `a233 3031 302f 06092b0601050507300102 0422 0420 ${toHex(nonce)}`;
  const request = encodeOcspRequest(leafCert, caCert, nonce);
  expect(toHex(request)).toBe(toHex(hex(`3081b4 3081b1 307a 3078 ${certId} ${extension}`)));
});

it.each([1, 63, 64, 89, 90, 91, 100, 127, 128])('lengths are minimal with %i bytes', (length) => {
  const nonce = new Uint8Array(length).fill(9);
  const request = encodeOcspRequest(leafCert, caCert, nonce);
  const octets = tlv(TAG.octetString, tlv(TAG.octetString, nonce));
  const item = tlv(TAG.sequence, hex('06092b0601050507300102'), octets);
  const body = tlv(TAG.sequence, hex(`307a 3078 ${certId}`), tlv(0xa2, tlv(TAG.sequence, item)));
  expect(toHex(request)).toBe(toHex(tlv(TAG.sequence, body)));
});

const OPENSSL = spawnSync('openssl', ['version']).status === 0;
if (!OPENSSL) {
  process.stderr.write('\n*** WARNING: no openssl here. What it reads is SKIPPED. ***\n\n');
}

it.skipIf(!OPENSSL)('is what openssl reads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ocsp-request-'));
  try {
    const file = join(folder, 'request.der');
    writeFileSync(file, encodeOcspRequest(leafCert, caCert, hex('a1b2c3d4')));
    const shown = execFileSync('openssl', ['ocsp', '-reqin', file, '-req_text'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    // Long values go on in the next line.
    const text = shown.replaceAll('\\\n', '');
    expect(text).toContain('Hash Algorithm: sha384');
    expect(text).toContain(`Issuer Name Hash: ${toHex(nameHash).toUpperCase()}`);
    expect(text).toContain(`Issuer Key Hash: ${toHex(keyHash).toUpperCase()}`);
    expect(text).toContain('Serial Number: FF12');
    expect(text).toMatch(/OCSP Nonce:\s+0404A1B2C3D4/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
