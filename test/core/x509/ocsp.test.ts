import { expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { type OcspResponse, parseOcspResponse } from '../../../src/core/x509/ocsp.ts';
import { elementAt, forge } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import {
  byName,
  DAY,
  nonceExtension,
  OCSP_SIGNING,
  purposes,
  respond,
  revoked,
  single,
  UNKNOWN,
} from '../../support/ocsp.ts';
import { certify, party } from '../../support/pki.ts';
import { asView } from '../../support/view.ts';

const ca = await party('Test CA', 'P-384');
const leaf = await party('Test Leaf', 'P-384');
const delegate = await party('Test Responder', 'P-384');
const caCert = parseCertificate(await certify(ca, ca, { kind: 'ca' }), 'ca');
const leafCert = parseCertificate(await certify(leaf, ca, { serial: '00ff12' }), 'leaf');
const delegateDer = await certify(delegate, ca, { more: [purposes([OCSP_SIGNING])] });
const delegateCert = parseCertificate(delegateDer, 'delegate', ['2.5.29.37']);

const NONCE = hex('00112233445566778899aabbccddeeff');
const golden = await respond(
  delegate,
  [
    single(leafCert, caCert),
    single(leafCert, caCert, { serial: '01', status: UNKNOWN, hash: 'sha256' }),
    single(leafCert, caCert, { serial: '02', status: revoked(6), hash: 'sha512' }),
    single(leafCert, caCert, { serial: '03', status: revoked(), hash: 'sha1' }),
  ],
  { certificates: [delegateDer], extensions: nonceExtension(NONCE) },
);

function read(der: Uint8Array): OcspResponse {
  const parsed = parseOcspResponse(der, 'ocsp');
  if (parsed.status !== 'successful') throw new Error(parsed.status);
  return parsed.response;
}

it('reads who answered, when, with what nonce, and each answer', () => {
  const { responder, producedAt, nonce, certificates, ...signed } = read(golden);
  expect(responder).toEqual({ byKey: hex(delegate.keyId) });
  expect(producedAt).toBe(DAY.from);
  expect(nonce).toEqual(NONCE);
  expect(certificates.map(({ der }) => toHex(der))).toEqual([toHex(delegateDer)]);
  expect(certificates[0]?.extendedKeyUsage).toEqual([OCSP_SIGNING]);
  expect(signed.signatureAlgorithm).toBe('ecdsa-with-SHA384');
  expect(signed.tbs).toEqual(elementAt(golden, [1, 0, 1, 0, 0]));
  const validity = { from: DAY.from, to: DAY.to };
  const revokedAt = Date.UTC(2026, 2, 1);
  expect(signed.responses.map(({ certId: _, ...rest }) => rest)).toEqual([
    { status: 'good', validity },
    { status: 'unknown', validity },
    { status: 'revoked', revokedAt, reason: 'certificateHold', validity },
    { status: 'revoked', revokedAt, reason: 'unspecified', validity },
  ]);
  const ids = signed.responses.map(({ certId }) => certId);
  expect(ids.map(({ hashAlgorithm }) => hashAlgorithm)).toEqual([
    'sha384',
    'sha256',
    'sha512',
    'sha1',
  ]);
  expect(ids.map(({ serial }) => serial)).toEqual(['00ff12', '01', '02', '03']);
  expect(ids.map(({ issuerNameHash: hash }) => hash.length)).toEqual([48, 32, 64, 20]);
  expect(ids.map(({ issuerKeyHash: hash }) => hash.length)).toEqual([48, 32, 64, 20]);
});

it('reads a responder by its name, and no nonce where there is none', async () => {
  const { responder, nonce, certificates } = read(
    await respond(delegate, [single(leafCert, caCert)], { responder: byName(delegateCert) }),
  );
  expect('byName' in responder && responder.byName.text).toBe(delegateCert.subject.text);
  expect(nonce).toBeUndefined();
  expect(certificates).toEqual([]);
});

it('takes an unknown hash by its object identifier', () => {
  const der = forge(golden, [1, 0, 1, 0, 0, 2, 0, 0, 0, 0], () => hex('06032a0304'));
  expect(read(der).responses[0]?.certId.hashAlgorithm).toBe('1.2.3.4');
});

it('takes NULL parameters of the hash for none', () => {
  const der = forge(golden, [1, 0, 1, 0, 0, 2, 0, 0, 0], (algorithm) =>
    // The same object identifier, and NULL behind it.
    hex(`300d${toHex(algorithm).slice(4)}0500`),
  );
  expect(read(der).responses[0]?.certId).toEqual(read(golden).responses[0]?.certId);
});

it('takes a nonce among the extensions of one answer for no nonce of the response', async () => {
  const answer = single(leafCert, caCert, { more: nonceExtension(NONCE) });
  expect(read(await respond(delegate, [answer])).nonce).toBeUndefined();
});

it.each([1, 32, 128])('reads a nonce of %i bytes', async (length) => {
  const nonce = new Uint8Array(length).fill(7);
  const extensions = nonceExtension(nonce);
  expect(read(await respond(delegate, [single(leafCert, caCert)], { extensions })).nonce).toEqual(
    nonce,
  );
});

it('reads each reason by its name', async () => {
  const names: (string | undefined)[] = [];
  for (const reason of [0, 1, 2, 3, 4, 5, 6, 8, 9, 10]) {
    const answer = single(leafCert, caCert, { status: revoked(reason) });
    names.push(read(await respond(delegate, [answer])).responses[0]?.reason);
  }
  expect(names).toEqual([
    'unspecified',
    'keyCompromise',
    'cACompromise',
    'affiliationChanged',
    'superseded',
    'cessationOfOperation',
    'certificateHold',
    'removeFromCRL',
    'privilegeWithdrawn',
    'aACompromise',
  ]);
});

it('tells what answer it is when it is none', () => {
  const status = (code: string) => parseOcspResponse(hex(`30030a01${code}`), 'ocsp').status;
  expect(['01', '02', '03', '05', '06'].map(status)).toEqual([
    'malformedRequest',
    'internalError',
    'tryLater',
    'sigRequired',
    'unauthorized',
  ]);
});

it('reads the same out of a larger buffer, and leaves the buffer alone', () => {
  const view = asView(golden);
  const before = new Uint8Array(view);
  const plain = ({ certificates, ...rest }: OcspResponse) => ({
    ...rest,
    certificates: certificates.map(({ der }) => der),
  });
  expect(plain(read(view))).toEqual(plain(read(golden)));
  expect(view).toEqual(before);
});
