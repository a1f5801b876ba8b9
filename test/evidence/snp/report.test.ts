import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import {
  keyInfoOf,
  parseSnpReport,
  reservedProblem,
  type SnpReport,
} from '../../../src/evidence/snp/report.ts';
import { faultOf } from '../../support/fault-of.ts';
import {
  FIELDS,
  REPORT_SIZE,
  SIGNED_SIZE,
  type SnpField,
  unsignedReport,
} from '../../support/snp.ts';
import { asView } from '../../support/view.ts';

const VERSIONS = [2, 3, 4, 5] as const;

/** No two bytes of a field are alike, and none of two neighbours. */
const PATTERN = Uint8Array.from({ length: REPORT_SIZE }, (_, i) => (i * 7 + (i >> 8) + 1) & 0xff);

function patterned(version: number): Uint8Array {
  const report = PATTERN.slice();
  report.set([version, 0, 0, 0]);
  return report;
}

function bytesOf(name: SnpField): string {
  const [at, size] = FIELDS[name];
  return toHex(PATTERN.subarray(at, at + size));
}

function littleEndian(name: SnpField): bigint {
  const digits = bytesOf(name).match(/../g) ?? [];
  return BigInt(`0x${digits.toReversed().join('')}`);
}

describe('every field where the specification has it', () => {
  const NUMBERS = ['guestSvn', 'vmpl', 'signatureAlgo', 'keyInfo'] as const;
  const WIDE = ['policy', 'platformInfo'] as const;
  const BYTES = [
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
    'reportedTcb',
    'chipId',
    'committedTcb',
    'launchTcb',
  ] as const;

  describe.each(VERSIONS)('version %i', (version) => {
    const report = parseSnpReport(patterned(version));

    it('is what it says', () => {
      expect(report.version).toBe(version);
    });

    it.each(NUMBERS)('%s, a number', (name) => {
      expect(report[name]).toBe(Number(littleEndian(name)));
    });

    it.each(WIDE)('%s, a number of 64 bits', (name) => {
      expect(report[name]).toBe(littleEndian(name));
    });

    it.each(BYTES)('%s, bytes', (name) => {
      expect(toHex(report[name])).toBe(bytesOf(name));
    });

    it.each(['currentVersion', 'committedVersion'] as const)('%s: build, minor, major', (name) => {
      const [at] = FIELDS[name];
      const [build, minor, major] = PATTERN.subarray(at, at + 3);
      expect(report[name]).toEqual({ build, minor, major });
    });

    it('the processor, from version 3 on', () => {
      const [family, model, stepping] = PATTERN.subarray(0x188, 0x18b);
      expect(report.cpuid).toEqual(version < 3 ? undefined : { family, model, stepping });
    });

    it.each(['launchMitVector', 'currentMitVector'] as const)('%s, from version 4 on', (name) => {
      const vector = report[name];
      expect(vector && toHex(vector)).toBe(version < 4 ? undefined : bytesOf(name));
    });

    it('the signature, and what is under it', () => {
      expect(toHex(report.signature)).toBe(toHex(PATTERN.subarray(SIGNED_SIZE)));
      expect(toHex(report.signed)).toBe(toHex(patterned(version).subarray(0, SIGNED_SIZE)));
    });
  });
});

/** Bytes that each version must leave zero: the table of the specification, not of the parser. */
function reservedBytes(version: number): number[] {
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  return [
    ...range(0x04c, 0x050),
    ...range(version < 3 ? 0x188 : 0x18b, 0x1a0),
    0x1eb,
    0x1ef,
    ...range(version < 4 ? 0x1f8 : 0x208, 0x2a0),
  ];
}

describe.each(VERSIONS)('reserved bytes of version %i', (version) => {
  const problemAt = (at: number) => {
    const report = unsignedReport({ version });
    report[at] = 0x80;
    return reservedProblem(parseSnpReport(report));
  };
  const reserved = reservedBytes(version);

  it('are each looked at, and each named', () => {
    const found = reserved.map((at) => problemAt(at)?.got);
    expect(found).toEqual(reserved.map((at) => `0x80 at 0x${at.toString(16)}`));
  });

  it('are no others', () => {
    const keyInfo = [0x048, 0x049, 0x04a, 0x04b]; // its own bits are answered for below
    const others = Array.from({ length: REPORT_SIZE - 4 }, (_, i) => i + 4).filter(
      (at) => !reserved.includes(at) && !keyInfo.includes(at),
    );
    expect(others.filter((at) => problemAt(at) !== undefined)).toEqual([]);
  });

  it('say where their run begins and how long it is', () => {
    const [from, size] = version < 4 ? ['0x1f8', 168] : ['0x208', 152];
    expect(problemAt(0x29f)?.want).toBe(`zeros from ${from}, ${size} bytes`);
  });
});

describe('KEY_INFO', () => {
  const withKeyInfo = (keyInfo: number): SnpReport =>
    parseSnpReport(unsignedReport({ version: 5, keyInfo: BigInt(keyInfo >>> 0) }));

  it.each(Array.from({ length: 27 }, (_, i) => i + 5))('bit %i is reserved', (bit) => {
    const keyInfo = (1 << bit) >>> 0;
    expect(reservedProblem(withKeyInfo(keyInfo))).toEqual({
      want: 'KEY_INFO bits 31:5 zero',
      got: `0x${keyInfo.toString(16)}`,
    });
  });

  it.each([
    [0b00000, { authorKeyEn: false, maskChipKey: false, code: 0, signingKey: 'vcek' }],
    [0b00001, { authorKeyEn: true, maskChipKey: false, code: 0, signingKey: 'vcek' }],
    [0b00010, { authorKeyEn: false, maskChipKey: true, code: 0, signingKey: 'vcek' }],
    [0b00100, { authorKeyEn: false, maskChipKey: false, code: 1, signingKey: 'vlek' }],
    [0b00111, { authorKeyEn: true, maskChipKey: true, code: 1, signingKey: 'vlek' }],
    [0b11100, { authorKeyEn: false, maskChipKey: false, code: 7, signingKey: 'none' }],
    [0b01000, { authorKeyEn: false, maskChipKey: false, code: 2, signingKey: undefined }],
    [0b01100, { authorKeyEn: false, maskChipKey: false, code: 3, signingKey: undefined }],
    [0b10000, { authorKeyEn: false, maskChipKey: false, code: 4, signingKey: undefined }],
    [0b10100, { authorKeyEn: false, maskChipKey: false, code: 5, signingKey: undefined }],
    [0b11000, { authorKeyEn: false, maskChipKey: false, code: 6, signingKey: undefined }],
  ])('%i by its parts', (keyInfo, parts) => {
    const report = withKeyInfo(keyInfo);
    expect(keyInfoOf(report)).toEqual(parts);
    expect(reservedProblem(report)).toBeUndefined();
  });
});

describe('what is no report', () => {
  it.each([0, 1, SIGNED_SIZE, REPORT_SIZE - 1, REPORT_SIZE + 1, 2 * REPORT_SIZE])(
    '%i bytes',
    (length) => {
      const report = concatBytes(unsignedReport({ version: 5 }), new Uint8Array(REPORT_SIZE));
      expect(faultOf(() => parseSnpReport(report.subarray(0, length)))).toMatchObject({
        code: 'malformed',
        at: 'report',
        detail: `want 1184 bytes, got ${length}`,
      });
    },
  );

  it.each([0, 1, 6, 7, 255, 256, 0x02000000, 0x05000005, 0xffffffff])('version %i', (version) => {
    expect(faultOf(() => parseSnpReport(unsignedReport({ version })))).toMatchObject({
      code: 'unsupported',
      at: 'report.version',
      detail: `unsupported version ${version}, want 2, 3, 4, 5`,
    });
  });
});

describe('a report in a larger buffer', () => {
  let report: SnpReport;
  beforeAll(() => {
    report = parseSnpReport(asView(patterned(5)));
  });

  it('is read alike', () => {
    expect(report).toEqual(parseSnpReport(patterned(5)));
  });
});
