import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { CheckList } from '../../../src/evidence/check-list.ts';
import { NVIDIA_CHECKS, type NvidiaCheckId } from '../../../src/evidence/nvidia/checks.ts';
import { givenOcsp } from '../../../src/evidence/nvidia/given-ocsp.ts';
import { nvidiaClocksAt, type OcspInput } from '../../../src/evidence/nvidia/input.ts';
import { type OcspSubject, readOcsp } from '../../../src/evidence/nvidia/ocsp.ts';
import { checkOcsp, type OcspTerms } from '../../../src/evidence/nvidia/ocsp-checks.ts';
import { hex } from '../../support/hex.ts';
import {
  DAY,
  OCSP_SIGNING,
  purposes,
  respond,
  revoked,
  type SingleWishes,
  single,
  UNKNOWN,
} from '../../support/ocsp.ts';
import { type CertificateWishes, certify, party } from '../../support/pki.ts';

const ca = await party('Test CA', 'P-384');
const brom = await party('Test BROM', 'P-384');
const signer = await party('Test Signer', 'P-384');
const delegate = await party('Test Responder', 'P-384');
const stranger = await party('Test Stranger', 'P-384');
const read = (der: Uint8Array) => parseCertificate(der, 'cert');
const caCert = read(await certify(ca, ca, { kind: 'ca' }));
const DEVICE: OcspSubject = {
  certificate: read(await certify(brom, ca, { serial: '41' })),
  issuer: caCert,
  owner: 'device',
};
const RIM: OcspSubject = {
  certificate: read(await certify(signer, ca, { serial: '52' })),
  issuer: caCert,
  owner: 'rim',
};

const appoint = (wishes: CertificateWishes = {}) =>
  certify(delegate, ca, { more: [purposes([OCSP_SIGNING])], ...wishes });
const appointed = await appoint();
const late = await appoint({ notAfter: new Date(DAY.noon - 1000) });

async function about(
  { certificate, issuer }: OcspSubject,
  wishes: SingleWishes = {},
  delegateDer = appointed,
): Promise<OcspInput> {
  const answer = single(certificate, issuer, wishes);
  return { response: await respond(delegate, [answer], { certificates: [delegateDer] }) };
}

const YESTERDAY = { from: DAY.from - 86_400_000, to: DAY.from - 1 } as const;
const MORNING = { from: DAY.from + 3_600_000, to: DAY.from + 7_200_000 } as const;
const TOMORROW = { from: DAY.to + 1, to: DAY.to + 86_400_000 } as const;
const HOLD = { status: revoked(6) } as const;
const COMPROMISED = { status: revoked(1) } as const;

function judge(
  inputs: readonly OcspInput[],
  terms: Partial<OcspTerms> = {},
  now: number = DAY.noon,
  subjects: readonly OcspSubject[] = [DEVICE, RIM],
) {
  const checks = new CheckList<NvidiaCheckId>(NVIDIA_CHECKS);
  const reading = readOcsp(givenOcsp(inputs), subjects, []);
  const outcome = checkOcsp(checks, reading, {
    clocks: nvidiaClocksAt(now),
    required: false,
    missing: undefined,
    relax: {},
    ...terms,
  });
  const answers = Object.fromEntries(
    checks.all.map((check) => [check.id.replace('nvidia.ocsp.', ''), check]),
  );
  const notPassed = checks.all
    .filter((check) => check.outcome !== 'pass')
    .map(({ id, outcome: how }) => `${how} ${id.replace('nvidia.ocsp.', '')}`);
  const { complete, until } = outcome;
  return { answers, notPassed, complete, until, claims: outcome.claims() };
}

/** Whoever hands responses over chooses their order. */
function inEveryOrder<T>(items: readonly T[]): readonly T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) =>
    inEveryOrder(items.toSpliced(i, 1)).map((rest) => [item, ...rest]),
  );
}

const [deviceGood, rimGood] = [await about(DEVICE), await about(RIM)];

it('good answers in date pass, and revocation is checked', () => {
  const { answers, notPassed, complete, claims } = judge([deviceGood, rimGood], { required: true });
  expect(Object.keys(answers)).toEqual([
    'format',
    'certificate',
    'device.signature',
    'device.validity',
    'device.status',
    'rim.signature',
    'rim.validity',
    'rim.status',
  ]);
  expect(notPassed).toEqual([]);
  expect(complete).toBe(true);
  expect(claims).toEqual({
    ocsp: [
      {
        subject: 'CN=Test BROM, O=Test, C=DE',
        serial: '41',
        of: 'device',
        status: 'good',
        thisUpdate: '2026-06-01T00:00:00Z',
        nextUpdate: '2026-06-02T00:00:00Z',
        responder: 'CN=Test Responder, O=Test, C=DE',
      },
      expect.objectContaining({ serial: '52', of: 'rim', status: 'good' }),
    ],
  });
});

it('a service that refused once is no matter where everybody has an answer', () => {
  const refusal = { response: hex('30030a0106') };
  expect(judge([refusal, deviceGood, rimGood], { required: true }).notPassed).toEqual([]);
  expect(judge([refusal, deviceGood]).notPassed).toEqual(['unresolved format']);
});

it('nothing given and nothing required is no answer at all', () => {
  const { answers, complete, claims } = judge([]);
  expect(answers).toEqual({});
  expect(complete).toBe(false);
  expect(claims).toEqual({ ocspUnanswered: ['Test BROM', 'Test Signer'] });
});

it('nothing to ask about is not checked, whatever is required', () => {
  const checks = new CheckList<NvidiaCheckId>(NVIDIA_CHECKS);
  const terms = { clocks: nvidiaClocksAt(DAY.noon), missing: undefined, relax: {} };
  const none = readOcsp(givenOcsp([]), [], []);
  expect(checkOcsp(checks, none, { ...terms, required: true }).complete).toBe(false);
});

describe('required', () => {
  it('and missing names whom nobody answered for, and why', () => {
    const { answers, notPassed, complete } = judge([deviceGood], {
      required: true,
      missing: 'offline',
    });
    expect(notPassed).toEqual(['unresolved rim.status']);
    expect(answers['rim.status']).toMatchObject({
      because: 'no OCSP response about Test Signer (offline)',
    });
    expect(complete).toBe(false);
  });

  it('and revoked is revoked, not missing', async () => {
    const { notPassed } = judge([await about(DEVICE, COMPROMISED)], { required: true });
    expect(notPassed).toEqual(['fail device.status', 'unresolved rim.status']);
  });

  it('is not satisfied by the answer of an unreachable service', () => {
    const { answers, notPassed } = judge([{ response: hex('30030a0103') }], { required: true });
    expect(notPassed).toEqual([
      'unresolved format',
      'unresolved device.status',
      'unresolved rim.status',
    ]);
    expect(answers['format']).toMatchObject({ because: 'the service answered tryLater' });
  });
});

describe('the day of an answer', () => {
  it.each([
    ['its first second', DAY.from, []],
    ['its last', DAY.to, []],
    ['a millisecond before', DAY.from - 1, ['unresolved device.validity']],
    ['a millisecond behind', DAY.to + 1, ['unresolved device.validity']],
    ['no instant', Number.NaN, ['unresolved device.validity']],
  ])('at %s', (_name, now, want) => {
    const { notPassed, complete } = judge([deviceGood], {}, now);
    expect(notPassed).toEqual(want);
    expect(complete).toBe(false); // nothing is said of the manifest's signer
  });

  it('goes by the clock of its owner', () => {
    const clocks = { ...nvidiaClocksAt(DAY.noon), ocsp: DAY.to + 1 };
    expect(judge([deviceGood, rimGood], { clocks }).notPassed).toEqual([
      'unresolved device.validity',
    ]);
    const rim = { ...nvidiaClocksAt(DAY.noon), rimOcsp: DAY.to + 1 };
    expect(judge([deviceGood, rimGood], { clocks: rim }).notPassed).toEqual([
      'unresolved rim.validity',
    ]);
  });

  it('that ends before it begins is no day', async () => {
    const never = await about(DEVICE, { from: DAY.to, to: DAY.from });
    expect(judge([never]).notPassed).toEqual(['unresolved device.validity']);
  });

  it.each([
    ['ended', { notAfter: new Date(DAY.noon - 1000) }, 'ended'],
    ['is yet to begin', { notBefore: new Date(DAY.noon + 1000) }, 'valid only from'],
  ])('does not help where the certificate of whoever signed %s', async (_name, wishes, why) => {
    const input = await about(DEVICE, {}, await appoint(wishes));
    const { notPassed, answers, complete } = judge([input, rimGood]);
    expect(notPassed).toEqual(['unresolved device.validity']);
    expect(answers['device.validity']).toMatchObject({
      because: expect.stringMatching(`Test Responder.*${why}`),
    });
    expect(complete).toBe(false);
  });
});

/** What several answers about one certificate come to, in whatever order they are handed over. */
describe('several answers about one certificate', () => {
  const good = { of: DEVICE } as const;
  const rim = { of: RIM } as const;
  const held = { relax: { rimHold: true } } as const;
  const cases: [
    string,
    readonly (SingleWishes & { of: OcspSubject; by?: Uint8Array })[],
    Partial<OcspTerms>,
    string[],
  ][] = [
    ['the same one twice', [good, good], {}, []],
    ['yesterday’s good beside today’s: a cache', [{ ...good, ...YESTERDAY }, good], {}, []],
    ['tomorrow’s good beside today’s', [{ ...good, ...TOMORROW }, good], {}, []],
    [
      'yesterday’s and tomorrow’s good, none of today',
      [
        { ...good, ...YESTERDAY },
        { ...good, ...TOMORROW },
      ],
      {},
      ['unresolved device.validity'],
    ],
    [
      'good of a responder that expired, beside one of its successor',
      [{ ...good, by: late }, good],
      {},
      [],
    ],
    ['good and revoked', [good, { ...good, ...COMPROMISED }], {}, ['fail device.status']],
    [
      'today’s good and yesterday’s revoked',
      [good, { ...good, ...COMPROMISED, ...YESTERDAY }],
      {},
      ['fail device.status'],
    ],
    [
      'yesterday’s good and today’s revoked',
      [
        { ...good, ...YESTERDAY },
        { ...good, ...COMPROMISED },
      ],
      {},
      ['fail device.status'],
    ],
    [
      'yesterday’s good and yesterday’s revoked',
      [
        { ...good, ...YESTERDAY },
        { ...good, ...COMPROMISED, ...YESTERDAY },
      ],
      {},
      ['unresolved device.validity', 'fail device.status'],
    ],
    [
      'two times good and once revoked',
      [good, { ...good, ...YESTERDAY }, { ...good, ...COMPROMISED, ...YESTERDAY }],
      {},
      ['fail device.status'],
    ],
    [
      'revoked, by a responder that expired, and good',
      [good, { ...good, ...COMPROMISED, by: late }],
      {},
      ['fail device.status'],
    ],
    ['good and unknown', [good, { ...good, status: UNKNOWN }], {}, ['fail device.status']],
    [
      'a device on hold and yesterday’s good, where manifests may be on hold',
      [
        { ...good, ...HOLD },
        { ...good, ...YESTERDAY },
      ],
      held,
      ['fail device.status'],
    ],
    [
      'a manifest on hold and yesterday’s good',
      [
        { ...rim, ...HOLD },
        { ...rim, ...YESTERDAY },
      ],
      {},
      ['fail rim.status'],
    ],
    [
      'the same where it may be',
      [
        { ...rim, ...HOLD },
        { ...rim, ...YESTERDAY },
      ],
      held,
      ['skipped rim.status'],
    ],
    [
      'yesterday’s hold where it may be, nothing of today',
      [{ ...rim, ...HOLD, ...YESTERDAY }],
      held,
      ['unresolved rim.validity'],
    ],
    [
      'yesterday’s hold, nothing of today: it may have been lifted, or not',
      [{ ...rim, ...HOLD, ...YESTERDAY }],
      {},
      ['unresolved rim.validity', 'unresolved rim.status'],
    ],
    ['yesterday’s hold and today’s good', [{ ...rim, ...HOLD, ...YESTERDAY }, rim], {}, []],
    [
      'yesterday’s unknown and today’s good',
      [{ ...good, status: UNKNOWN, ...YESTERDAY }, good],
      {},
      [],
    ],
    ['good under a name by SHA-1', [{ ...good, hash: 'sha1' }], {}, ['unresolved certificate']],
    ['the same beside one that counts', [{ ...good, hash: 'sha1' }, good], {}, []],
    [
      'unknown under a name by SHA-1, beside one that counts',
      [{ ...good, hash: 'sha1', status: UNKNOWN }, good],
      {},
      [],
    ],
    [
      'a hold of this morning that has ended, behind a good one of the whole day',
      [good, { ...good, ...HOLD, ...MORNING }],
      {},
      ['unresolved device.validity', 'unresolved device.status'],
    ],
    [
      'the same, before it',
      [{ ...good, ...HOLD, ...MORNING }, good],
      {},
      ['unresolved device.validity', 'unresolved device.status'],
    ],
    [
      'a good one of this morning that has ended, and one of the whole day',
      [good, { ...good, ...MORNING }],
      {},
      [],
    ],
    [
      'yesterday’s unknown, nothing of today',
      [{ ...good, status: UNKNOWN, ...YESTERDAY }],
      {},
      ['unresolved device.validity', 'unresolved device.status'],
    ],
    [
      'revoked under a name by SHA-1',
      [{ ...good, ...COMPROMISED, hash: 'sha1' }, good],
      {},
      ['fail device.status'],
    ],
    [
      'on hold where it may be, and revoked',
      [
        { ...rim, ...HOLD },
        { ...rim, ...COMPROMISED },
      ],
      held,
      ['fail rim.status'],
    ],
    [
      'one certificate’s good of today beside another’s of yesterday',
      [good, { ...rim, ...YESTERDAY }],
      {},
      ['unresolved rim.validity'],
    ],
  ];

  it.each(cases)('%s', async (_name, wishes, terms, want) => {
    const inputs = await Promise.all(wishes.map(({ of, by, ...one }) => about(of, one, by)));
    for (const order of inEveryOrder(inputs)) {
      expect(judge(order, terms).notPassed).toEqual(want);
    }
  });

  it('today’s, forged, beside yesterday’s', async () => {
    const answer = single(DEVICE.certificate, DEVICE.issuer);
    const forged = { response: await respond(stranger, [answer], { certificates: [appointed] }) };
    const old = await about(DEVICE, YESTERDAY);
    for (const order of inEveryOrder([forged, old])) {
      const { notPassed, complete } = judge([rimGood, ...order]);
      expect(notPassed).toContain('fail device.signature');
      expect(complete).toBe(false);
    }
  });

  it('today’s, not with the nonce that was asked with', () => {
    const nonce = hex('0011223344556677');
    const { notPassed, complete } = judge([{ ...deviceGood, nonce }, rimGood]);
    expect(notPassed).toEqual(['fail device.nonce']);
    expect(complete).toBe(false);
  });

  it('today’s about one certificate does not stand for its neighbour’s', async () => {
    const second = read(await certify(stranger, ca, { serial: '43' }));
    const neighbour: OcspSubject = { certificate: second, issuer: caCert, owner: 'device' };
    const old = await about(neighbour, YESTERDAY);
    for (const order of inEveryOrder([deviceGood, old])) {
      const { notPassed, complete } = judge(order, {}, DAY.noon, [DEVICE, neighbour]);
      expect(notPassed).toEqual(['unresolved device.validity']);
      expect(complete).toBe(false);
    }
  });
});

describe('status', () => {
  it.each([
    [
      'revoked for no reason',
      { status: revoked() },
      'revoked since 2026-03-01T00:00:00Z (unspecified)',
    ],
    ['revoked', COMPROMISED, 'revoked since 2026-03-01T00:00:00Z (keyCompromise)'],
    ['on hold', HOLD, 'on hold since 2026-03-01T00:00:00Z (certificateHold)'],
    [
      'taken off a list again',
      { status: revoked(8) },
      'revoked since 2026-03-01T00:00:00Z (removeFromCRL)',
    ],
    ['unknown', { status: UNKNOWN }, 'unknown'],
  ])('%s fails', async (_name, wishes, got) => {
    for (const [subject, id] of [
      [DEVICE, 'device.status'],
      [RIM, 'rim.status'],
    ] as const) {
      const { answers, notPassed } = judge([await about(subject, wishes)]);
      expect(notPassed).toEqual([`fail ${id}`]);
      const want = `${subject.certificate.subject.commonName} good`;
      expect(answers[id]).toMatchObject({ want, got });
    }
  });

  it('unknown is not what a hold that is allowed allows', async () => {
    const relax = { rimHold: true } as const;
    expect(judge([await about(RIM, { status: UNKNOWN })], { relax }).notPassed).toEqual([
      'fail rim.status',
    ]);
  });

  it('an old answer that it is revoked fails, and is said to be old', async () => {
    const { notPassed } = judge([await about(DEVICE, { ...COMPROMISED, ...YESTERDAY })]);
    expect(notPassed).toEqual(['unresolved device.validity', 'fail device.status']);
  });
});

it('a hold that was let pass ends with its own answer, whatever lasts longer beside it', async () => {
  const held = await about(RIM, { ...HOLD, from: DAY.from + 1000, to: DAY.noon + 60_000 });
  for (const inputs of inEveryOrder([deviceGood, rimGood, held])) {
    const at = (now: number) => judge(inputs, { relax: { rimHold: true } }, now);
    const { until, notPassed } = at(DAY.noon);
    expect(notPassed).toEqual(['skipped rim.status']);
    expect(until).toBe(DAY.noon + 60_000);
    expect(at(until).notPassed).toEqual(['skipped rim.status']);
    expect(at(until + 1000).notPassed).toContain('unresolved rim.validity');
  }
});

it('nobody’s answers, and those to another nonce, end nothing', async () => {
  const unsigned = { response: await respond(stranger, [single(DEVICE.certificate, caCert)]) };
  const replayed = { ...rimGood, nonce: hex('00') };
  expect(judge([unsigned]).until).toBe(Number.POSITIVE_INFINITY);
  expect(judge([replayed]).until).toBe(Number.POSITIVE_INFINITY);
});
