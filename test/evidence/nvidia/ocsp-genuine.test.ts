import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { isMismatch } from '../../../src/core/mismatch.ts';
import type { Certificate } from '../../../src/core/x509/certificate.ts';
import { readCertificates } from '../../../src/core/x509/certificate-files.ts';
import { parseOcspResponse } from '../../../src/core/x509/ocsp.ts';
import { ocspSigner } from '../../../src/core/x509/ocsp-signer.ts';
import { givenOcsp } from '../../../src/evidence/nvidia/given-ocsp.ts';
import { type OcspSubject, readOcsp } from '../../../src/evidence/nvidia/ocsp.ts';
import { readRim } from '../../../src/evidence/nvidia/rim/read-rim.ts';
import { genuine, NVIDIA_VECTORS, vector, vendorAnchor } from '../../support/nvidia-vectors.ts';

/** name, chain, seat, serial, responder, its key, first second of the day, whether critical */
const PINNED = [
  [
    'device-brom',
    'device',
    1,
    '41431d480fe5e87274',
    'NVIDIA OCSP Responder L3 GH100 ICA1 Identity',
    'a151d53e8dcb39a7aabffcb6a71093f47db5b682',
    '2025-08-21T06:47:07.000Z',
    true,
  ],
  [
    'device-provisioner',
    'device',
    2,
    '6afe7184f92232c8df7b242261776e56',
    'NVIDIA OCSP Responder L2 GH100 Identity',
    '3b96f9438476d282db9a548bc6e5d7e01c781be2',
    '2025-08-21T06:47:07.000Z',
    true,
  ],
  [
    'device-identity',
    'device',
    3,
    '4c255ede3bd001bf3f4a3b605fca898a',
    'NVIDIA OCSP Responder L1-A 02',
    '2401f7a0bd4a1ecacab50979770441a2c4e12db3',
    '2025-08-21T06:47:08.000Z',
    false,
  ],
  [
    'rim-driver-leaf',
    'driver',
    0,
    '00d69f10b46c05d201',
    'NVIDIA OCSP Responder L3 GH100 002',
    '9c88e9c064bb5de772d4d9c494e5f760be5e1da0',
    '2025-10-24T11:32:21.000Z',
    true,
  ],
  [
    'rim-vbios-leaf',
    'vbios',
    0,
    '0089624ede804c3916',
    'NVIDIA OCSP Responder L3 GH100 002',
    '9c88e9c064bb5de772d4d9c494e5f760be5e1da0',
    '2025-10-24T11:32:22.000Z',
    true,
  ],
  [
    'rim-l3',
    'driver',
    1,
    '00b4ebf6542022fdec4512f24ba503a3cb',
    'NVIDIA OCSP Responder L2 Reference Value GH100',
    '954455dad79a420a211aa096c5dd36549be77f91',
    '2025-10-24T11:32:21.000Z',
    true,
  ],
  [
    'rim-ca',
    'vbios',
    2,
    '00c6dbf0754093fdeb4333f34ba205b4dc',
    'NVIDIA OCSP Responder L1 CoRIM Root',
    'd2a9df785eb1e8cc6f47f4f634fcd14c1d88996b',
    '2025-10-24T11:32:21.000Z',
    true,
  ],
] as const;

const DAY = 24 * 60 * 60 * 1000;

describe.skipIf(NVIDIA_VECTORS === undefined)('the genuine responses about an H100', () => {
  if (NVIDIA_VECTORS === undefined) return;
  const manifest = (name: string) =>
    readRim(vector('real', 'h100-550', 'rims', `${name}.xml`), [vendorAnchor('rim')]).certificates;
  const chains: Record<(typeof PINNED)[number][1], readonly Certificate[]> = {
    device: readCertificates(genuine('h100-550').chain, 'chain'),
    driver: manifest('driver'),
    vbios: manifest('vbios'),
  };
  const file = (name: string) => vector('real', 'h100-550', 'ocsp', `${name}.der`);
  const seated = (owner: keyof typeof chains, seat: number): OcspSubject => {
    const [certificate, issuer] = chains[owner].slice(seat);
    if (certificate === undefined || issuer === undefined) throw new Error('no such seat');
    return { certificate, issuer, owner: owner === 'device' ? 'device' : 'rim' };
  };

  it.each(PINNED)('%s', (name, owner, seat, serial, responder, key, from, critical) => {
    const parsed = parseOcspResponse(file(name), name);
    if (parsed.status !== 'successful') throw new Error(parsed.status);
    const { response } = parsed;
    const since = Date.parse(from);
    expect(response).toMatchObject({
      signatureAlgorithm: 'ecdsa-with-SHA384',
      producedAt: since,
      nonce: undefined,
    });
    expect('byKey' in response.responder && toHex(response.responder.byKey)).toBe(key);
    expect(response.responses).toEqual([
      {
        status: 'good',
        certId: {
          hashAlgorithm: 'sha384',
          issuerNameHash: expect.anything(),
          issuerKeyHash: expect.anything(),
          serial,
        },
        validity: { from: since, to: since + DAY },
      },
    ]);
    const [delegate, ...more] = response.certificates;
    expect(more).toEqual([]);
    expect(delegate?.subject.commonName).toBe(responder);
    expect(delegate?.extendedKeyUsage?.[0]).toBe('1.3.6.1.5.5.7.3.9');
    expect(delegate?.extensions.get('2.5.29.37')?.critical).toBe(critical);
    const subject = seated(owner, seat);
    expect(subject.certificate.serial).toBe(serial);
    const signer = ocspSigner(response, subject.issuer);
    expect(isMismatch(signer) ? signer : signer.subject.commonName).toBe(responder);
    const reading = readOcsp(givenOcsp([{ response: file(name) }]), [subject], []);
    expect(reading).toMatchObject({ good: true, malformed: undefined, stray: undefined });
  });

  it('each is about its own certificate only', () => {
    const subjects = PINNED.map(([, owner, seat]) => seated(owner, seat));
    for (const [name, , , serial] of PINNED) {
      const others = subjects.filter(({ certificate }) => certificate.serial !== serial);
      const { answers, stray } = readOcsp(givenOcsp([{ response: file(name) }]), others, []);
      expect(answers).toEqual([]);
      expect(stray?.got).toBe(`one about serial ${serial}`);
    }
  });

  it('all of them in any order answer for all seven', () => {
    const subjects = PINNED.map(([, owner, seat]) => seated(owner, seat));
    const inputs = PINNED.map(([name]) => ({ response: file(name) }));
    for (const order of [inputs, [...inputs].reverse()]) {
      const { good, answers } = readOcsp(givenOcsp(order), subjects, []);
      expect(good).toBe(true);
      expect(new Set(answers.map(({ subject }) => subject))).toEqual(new Set(subjects));
    }
  });
});
