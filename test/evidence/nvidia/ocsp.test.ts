import { describe, expect, it } from 'vitest';
import { isMismatch } from '../../../src/core/mismatch.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { givenOcsp, ocspAbout, poolOcsp } from '../../../src/evidence/nvidia/given-ocsp.ts';
import { type OcspSubject, readOcsp } from '../../../src/evidence/nvidia/ocsp.ts';
import { hex } from '../../support/hex.ts';
import {
  nonceExtension,
  OCSP_SIGNING,
  purposes,
  respond,
  revoked,
  single,
} from '../../support/ocsp.ts';
import { certify, party } from '../../support/pki.ts';
import { asView } from '../../support/view.ts';

const read = (der: Uint8Array) => parseCertificate(der, 'cert');
const root = await party('Test Root', 'P-384');
const ca = await party('Test CA', 'P-384');
const brom = await party('Test BROM', 'P-384');
const delegate = await party('Test Responder', 'P-384');
const stranger = await party('Test Stranger', 'P-384');
const rootCert = read(await certify(root, root, { kind: 'ca' }));
const caCert = read(await certify(ca, root, { kind: 'ca', serial: '05' }));
const bromCert = read(await certify(brom, ca, { kind: 'ca', serial: '41' }));
const appointed = await certify(delegate, ca, { more: [purposes([OCSP_SIGNING])] });
const SUBJECTS = [
  { certificate: bromCert, issuer: caCert, owner: 'device' },
  { certificate: caCert, issuer: rootCert, owner: 'device' },
] as const satisfies readonly OcspSubject[];
const [ABOUT_BROM] = SUBJECTS;

const certificates = [appointed];
const good = await respond(delegate, [single(bromCert, caCert)], { certificates });
const bad = await respond(delegate, [single(bromCert, caCert, { status: revoked(1) })], {
  certificates,
});
const ofCa = await respond(root, [single(caCert, rootCert)]);
const forged = await respond(stranger, [single(bromCert, caCert)]);
const TRY_LATER = hex('30030a0103');

const reading = (
  responses: readonly Uint8Array[],
  others: 'refused' | 'passed-over' = 'refused',
  subjects: readonly OcspSubject[] = SUBJECTS,
) =>
  readOcsp(
    givenOcsp(responses.map((response) => ({ response }))),
    subjects,
    others === 'refused' ? [] : undefined,
  );

it('joins each answer to its certificate and to whoever signed it', () => {
  const { answers, ...rest } = reading([ofCa, good]);
  expect(rest).toMatchObject({ good: true, failures: [], malformed: undefined, stray: undefined });
  expect(
    answers.map(({ subject, signer, single: { status } }) => [
      subject.certificate.subject.commonName,
      isMismatch(signer) ? signer : signer.subject.commonName,
      status,
    ]),
  ).toEqual([
    ['Test CA', 'Test Root', 'good'],
    ['Test BROM', 'Test Responder', 'good'],
  ]);
});

it('reads nothing as nothing wrong', () => {
  expect(reading([])).toMatchObject({ good: true, answers: [], failures: [], stray: undefined });
});

it('a certificate that stands in two chains is one subject', () => {
  const twice = [...SUBJECTS, { ...ABOUT_BROM, certificate: read(asView(bromCert.der)) }];
  const { subjects, answers } = reading([good], 'refused', twice);
  expect(subjects).toEqual(SUBJECTS);
  expect(answers.length).toBe(1);
});

describe('one response with several answers', () => {
  it('about certificates of one issuer gives each', async () => {
    const second = read(await certify(stranger, ca, { serial: '42' }));
    const subjects = [ABOUT_BROM, { certificate: second, issuer: caCert, owner: 'rim' }] as const;
    const der = await respond(
      delegate,
      [single(bromCert, caCert), single(second, caCert, { status: revoked(4) })],
      { certificates },
    );
    const { answers, good: all } = reading([der], 'refused', subjects);
    expect(all).toBe(true);
    expect(answers.map(({ subject: { owner }, single: { status } }) => [owner, status])).toEqual([
      ['device', 'good'],
      ['rim', 'revoked'],
    ]);
  });

  it('speaks only for the issuer that appointed whoever signed', async () => {
    const der = await respond(delegate, [single(bromCert, caCert), single(caCert, rootCert)], {
      certificates,
    });
    const { answers, good: all } = reading([der]);
    expect(all).toBe(false);
    expect(answers.map(({ signer }) => isMismatch(signer))).toEqual([false, true]);
  });

  it('is refused for one about nobody here, and passed over in the responses of a machine', async () => {
    const der = await respond(
      delegate,
      [single(bromCert, caCert), single(bromCert, caCert, { serial: '43' })],
      { certificates },
    );
    expect(reading([der])).toMatchObject({
      good: false,
      stray: { got: 'one about serial 43' },
    });
    const machine = reading([der], 'passed-over');
    expect(machine).toMatchObject({ good: true, stray: undefined });
    expect(machine.answers.length).toBe(1);
  });

  it('of two hashes about one certificate: both count', async () => {
    const der = await respond(
      delegate,
      [single(bromCert, caCert), single(bromCert, caCert, { hash: 'sha256', status: revoked(1) })],
      { certificates },
    );
    const { answers } = reading([der]);
    expect(answers.map(({ single: { status } }) => status)).toEqual(['good', 'revoked']);
  });
});

describe('an answer under a name by SHA-1', () => {
  const bySha1 = async (by: typeof delegate, status = {}) =>
    respond(by, [single(bromCert, caCert, { hash: 'sha1', ...status })], { certificates });

  it('clears nobody, and is no stranger’s', async () => {
    expect(reading([await bySha1(delegate)])).toMatchObject({
      answers: [],
      stray: undefined,
      weak: [ABOUT_BROM],
      good: false,
    });
  });

  it('can revoke, of one device and of a machine', async () => {
    const der = await bySha1(delegate, { status: revoked(1) });
    for (const others of ['refused', 'passed-over'] as const) {
      const { answers } = reading([der], others);
      expect(answers.map(({ single: { status } }) => status)).toEqual(['revoked']);
    }
  });

  it('that the issuer did not sign is about nobody here', async () => {
    const der = await bySha1(stranger, { status: revoked(1) });
    expect(reading([der])).toMatchObject({
      answers: [],
      stray: { got: 'one about serial 41, of another issuer' },
    });
  });
});

describe('the responses of a machine', () => {
  it('are sought by serial number; what names none is told every device once', () => {
    const inputs = [good, TRY_LATER, ofCa, TRY_LATER, hex('3000'), hex('3001'), good, good];
    const pool = poolOcsp(inputs.map((response) => ({ response })));
    const brom = ocspAbout(pool, [ABOUT_BROM]);
    expect(brom.map(({ at }) => at)).toEqual(['ocsp[1]', 'ocsp[4]', 'ocsp[0]']);
    expect(ocspAbout(pool, []).map(({ at }) => at)).toEqual(['ocsp[1]', 'ocsp[4]']);
  });

  it('are passed over where they are about others, and refused as one device’s own', () => {
    expect(reading([ofCa], 'refused', [ABOUT_BROM]).stray?.got).toMatch(/^one about serial /);
    const known = readOcsp(givenOcsp([{ response: ofCa }]), [ABOUT_BROM], [SUBJECTS[1]]);
    expect(known).toMatchObject({ answers: [], stray: undefined, good: true });
  });
});

describe('an answer about nobody here says why', () => {
  it.each([
    ['another serial number', { serial: '43' }, 'one about serial 43'],
    ['a serial number padded by a byte', { serial: '0081' }, 'one about serial 0081'],
  ] as const)('%s', async (_name, wishes, got) => {
    const der = await respond(delegate, [single(bromCert, caCert, wishes)], { certificates });
    expect(reading([der]).stray).toEqual({
      want: 'answers about certificates of this evidence',
      got,
    });
  });

  it('the serial number under another issuer', async () => {
    const der = await respond(root, [single(bromCert, rootCert)]);
    const { answers, stray } = reading([der]);
    expect(answers).toEqual([]);
    expect(stray?.got).toBe('one about serial 41, of another issuer');
  });
});

describe('a nonce', () => {
  const NONCE = hex('00112233445566778899aabbccddeeff');
  const echoing = (nonce: Uint8Array) =>
    respond(delegate, [single(bromCert, caCert)], {
      certificates,
      extensions: nonceExtension(nonce),
    });
  const echo = (response: Uint8Array, nonce?: Uint8Array) =>
    readOcsp(givenOcsp([{ response, ...(nonce && { nonce }) }]), SUBJECTS, []).answers[0]?.nonce;
  const other = (got: string) => ({ want: 'the nonce that it was asked with', got });

  it('that was asked with must come back', async () => {
    expect(echo(await echoing(NONCE), NONCE)).toBe('echoed');
    expect(echo(good, NONCE)).toEqual(other('none'));
    expect(echo(await echoing(NONCE.with(0, 1)), NONCE)).toEqual(other('another'));
    expect(echo(await echoing(NONCE.subarray(0, 15)), NONCE)).toEqual(other('another'));
  });

  it('that did not come back leaves nothing good that could be remembered', async () => {
    const inputs = [{ response: await echoing(NONCE), nonce: NONCE }];
    expect(readOcsp(givenOcsp(inputs), SUBJECTS, []).good).toBe(true);
    const others = [{ response: good, nonce: NONCE }, { response: ofCa }];
    expect(readOcsp(givenOcsp(others), SUBJECTS, []).good).toBe(false);
  });

  it('that nobody asked with is no question', async () => {
    expect(echo(await echoing(NONCE))).toBeUndefined();
  });

  it('of no bytes is never echoed', () => {
    expect(echo(good, hex(''))).toEqual(other('none'));
  });

  it('among the extensions of an answer is none of the response', async () => {
    const answer = single(bromCert, caCert, { more: nonceExtension(NONCE) });
    const der = await respond(delegate, [answer], { certificates });
    expect(echo(der, NONCE)).toEqual(other('none'));
  });
});

describe('what is no answer', () => {
  it('is told by its status, and is no fault of the others', () => {
    const { failures, answers, good: all } = reading([TRY_LATER, good, hex('30030a0106')]);
    expect(failures).toEqual(['tryLater', 'unauthorized']);
    expect(answers.length).toBe(1);
    expect(all).toBe(false);
  });

  it('or can’t be read is the first of its kind, by its place', () => {
    const { malformed, answers, good: all } = reading([good, good.subarray(1), hex('')]);
    expect(malformed).toMatchObject({ code: 'malformed', at: expect.stringMatching(/^ocsp\[1\]/) });
    expect(answers.length).toBe(1);
    expect(all).toBe(false);
  });
});

describe('an unsigned answer', () => {
  it('is never good, wherever it stands', () => {
    for (const order of [
      [forged, good, ofCa],
      [good, forged, ofCa],
      [good, ofCa, forged],
    ]) {
      const { answers, good: all } = reading(order);
      expect(all).toBe(false);
      expect(answers.filter(({ signer }) => isMismatch(signer)).length).toBe(1);
    }
  });

  it('is the last to be verified: hundreds of them cost what one does', () => {
    const { answers } = reading(Array.from({ length: 300 }, () => forged));
    expect(answers.length).toBe(1);
  });

  it('does not take back that a certificate is revoked', () => {
    expect(reading([bad, forged]).answers.map(({ single: { status } }) => status)).toEqual([
      'revoked',
      'good',
    ]);
  });
});

it('reads the same out of larger buffers, and leaves them alone', () => {
  const views = [good, ofCa].map(asView);
  const before = views.map((view) => new Uint8Array(view));
  const shape = ({ answers }: ReturnType<typeof reading>) =>
    answers.map(({ single: one, subject }) => [one, subject.certificate.serial]);
  expect(shape(reading(views))).toEqual(shape(reading([good, ofCa])));
  expect(views).toEqual(before);
});
