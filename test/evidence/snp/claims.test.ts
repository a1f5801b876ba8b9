import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import {
  FIELDS,
  GUIDS,
  goodTable,
  le,
  type SnpField,
  type SnpFields,
  snpEvidence,
} from '../../support/snp.ts';
import { snpWorld } from '../../support/snp-certificates.ts';
import { MACHINES } from '../../support/snp-machines.ts';

const good = await snpEvidence(await snpWorld());
const turin = await snpEvidence(await snpWorld('Turin'));
const cloud = await snpEvidence(good.world, 'vlek');

function claimsOf(fields: SnpFields = {}, of = good) {
  return verifySnp({ ...of.input, report: of.report(fields), anchors: of.anchors }).claims;
}

/** Bytes of their own for each field that is bytes; what the certificate must match stays. */
function patternOf(name: SnpField): Uint8Array {
  const [at, size] = FIELDS[name];
  return Uint8Array.from({ length: size }, (_, i) => (at * 3 + i * 5 + 1) & 0xff);
}

describe('fields that are bytes', () => {
  it.each([
    'familyId',
    'imageId',
    'currentTcb',
    'reportData',
    'measurement',
    'hostData',
    'idKeyDigest',
    'authorKeyDigest',
    'reportId',
    'reportIdMa',
    'committedTcb',
    'launchTcb',
    'launchMitVector',
    'currentMitVector',
    'chipId',
    'reportedTcb',
  ] as const)('%s in hex, as they stand', (name) => {
    const bytes = patternOf(name);
    expect(claimsOf({ [name]: bytes })[name]).toBe(toHex(bytes));
  });

  it('the signature, too', () => {
    const report = good.report();
    const { claims } = verifySnp({ ...good.input, report, anchors: good.anchors });
    expect(claims['signature']).toBe(toHex(report.subarray(0x2a0)));
  });
});

it('numbers and versions as people write them', () => {
  const claims = claimsOf({
    guestSvn: 7,
    policy: 0x3011f,
    vmpl: 2,
    currentVersion: Uint8Array.of(65, 55, 1),
    committedVersion: Uint8Array.of(49, 54, 2),
  });
  expect(claims).toMatchObject({
    reportVersion: 5,
    guestSvn: 7,
    policy: '0x3011f',
    guestPolicy: { abiMajor: 1, abiMinor: 31, smt: true, debug: false, unknownBits: [] },
    vmpl: 2,
    hostRequested: false,
    signatureAlgo: 1,
    platformInfo: '0x25',
    platformInfoFlags: { smtEn: true, tsmeEn: false, eccEn: true, aliasCheckComplete: true },
    unknownPlatformInfoBits: [],
    cpuid: { family: 25, model: 17, stepping: 1 },
    processor: 'Genoa',
    currentVersion: '1.55.65',
    currentBuild: 65,
    committedVersion: '2.54.49',
    committedBuild: 49,
  });
});

it('KEY_INFO by its parts, a reserved signing key by its number', () => {
  expect(claimsOf({ keyInfo: 3 })).toMatchObject({
    keyInfo: '0x3',
    signingKey: 'vcek',
    authorKeyEn: true,
    maskChipKey: true,
  });
  expect(claimsOf({ keyInfo: 5 << 2 })['signingKey']).toBe('reserved (5)');
  expect(claimsOf({ keyInfo: 7 << 2 })['signingKey']).toBe('none');
});

it('what a version does not have is not claimed', () => {
  const claims = claimsOf({ version: 2, cpuid: new Uint8Array(3) });
  const absent = ['cpuid', 'processor', 'launchMitVector', 'currentMitVector'];
  expect(absent.filter((name) => name in claims)).toEqual([]);
  expect(claimsOf({ cpuid: le(0, 3) })['processor']).toBeNull();
});

describe('TCB vectors', () => {
  it('by component, as the line has them', () => {
    expect(claimsOf()).toMatchObject({
      reportedSpl: { bootLoader: 10, tee: 0, snp: 27, microcode: 86 },
    });
    expect(claimsOf({}, turin)).toMatchObject({
      launchSpl: { fmc: 1, bootLoader: 2, tee: 3, snp: 4, microcode: 81 },
    });
  });

  it.each([
    [0, 1, true],
    [6, 1, true],
    [7, 1, true],
    [7, -1, false],
    [0, 0, false],
  ])('byte %i of the current one %i above the committed one: %s', (at, step, behind) => {
    const { tcb } = MACHINES.Genoa;
    const currentTcb = tcb.with(at, (tcb[at] ?? 0) + step);
    expect(claimsOf({ currentTcb })['committedBelowCurrent']).toBe(behind);
  });

  it.each([
    ['build', [8, 55, 1], true],
    ['minor', [7, 56, 1], true],
    ['major', [7, 55, 2], true],
    ['build below', [6, 55, 1], false],
  ])('a current version of another %s says it as well: %s', (_, current, behind) => {
    const committedVersion = Uint8Array.of(7, 55, 1);
    const currentVersion = Uint8Array.from(current);
    expect(claimsOf({ currentVersion, committedVersion })['committedBelowCurrent']).toBe(behind);
  });

  it('by component without a certificate, too, where the report names its processor', () => {
    const { vek: _, ...rest } = good.input;
    const spl = (report: Uint8Array) =>
      verifySnp({ ...rest, report, anchors: good.anchors }).claims['reportedSpl'];
    expect(spl(good.report())).toMatchObject({ snp: 27 });
    expect(spl(good.report({ version: 2, cpuid: new Uint8Array(3) }))).toBeUndefined();
  });
});

describe('certificates', () => {
  it('of a chip', () => {
    expect(claimsOf()).toMatchObject({
      product: 'genoa',
      vekKind: 'vcek',
      vekNotBefore: '2020-01-01T00:00:00Z',
      vekNotAfter: '2049-12-31T23:59:59Z',
      vek: {
        subject: 'CN=SEV-VCEK, O=Test, C=DE',
        issuer: 'CN=SEV-Genoa, O=Test, C=DE',
        structVersion: 0,
        productName: 'Genoa',
        tcb: toHex(MACHINES.Genoa.tcb),
        hwId: toHex(MACHINES.Genoa.chipId),
      },
      intermediateSubject: 'CN=SEV-Genoa, O=Test, C=DE',
      intermediateSerial: '20002',
      rootSubject: 'CN=ARK-Genoa, O=Test, C=DE',
    });
  });

  it('of a cloud provider', () => {
    const claims = claimsOf({}, cloud);
    expect(claims).toMatchObject({ vekKind: 'vlek', vek: { cspId: 'CN=cloud.example' } });
    expect(claims['vek']).not.toHaveProperty('hwId');
  });
});

it('a certificate table by the names and sizes of what is in it', () => {
  const unknown = new Uint8Array(16).fill(0xab);
  const table = goodTable([
    [GUIDS.vcek, good.vek],
    [unknown, Uint8Array.of(1, 2, 3)],
  ]);
  const report = concatBytes(good.input.report, table);
  const { claims } = verifySnp({ ...good.input, report, anchors: good.anchors });
  expect(claims['certificateTable']).toEqual([
    { guid: '63da758d-e664-4564-adc5-f4b93be8accd', name: 'vcek', bytes: good.vek.length },
    { guid: 'abababab-abab-abab-abab-abababababab', name: null, bytes: 3 },
  ]);
});

it('JSON can hold all of it', () => {
  const claims = claimsOf();
  expect(JSON.parse(JSON.stringify(claims))).toEqual(claims);
});
