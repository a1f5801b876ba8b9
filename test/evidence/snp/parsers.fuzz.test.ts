import fc from 'fast-check';
import { expect } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { Fault } from '../../../src/core/fault.ts';
import { AMD_ARK_MILAN } from '../../../src/core/x509/amd-roots.ts';
import { parseCertificateTable } from '../../../src/evidence/snp/certificate-table.ts';
import { parseSnpReport, reservedProblem } from '../../../src/evidence/snp/report.ts';
import { parseVekExtensions } from '../../../src/evidence/snp/vek-extensions.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { FIELDS, GUIDS, goodTable, REPORT_SIZE, unsignedReport } from '../../support/snp.ts';
import {
  extensionList,
  goodExtensions,
  type VekExtensionName,
} from '../../support/snp-certificates.ts';

const PADDING = new Uint8Array(REPORT_SIZE);
const reports = [2, 3, 4, 5].map((version) => unsignedReport({ version, policy: 0x30000 }));
const anyReport = fc.oneof(
  fc.uint8Array({ minLength: REPORT_SIZE, maxLength: REPORT_SIZE }),
  damaged(...reports),
  // Of the right length, whatever was cut out of it.
  damaged(...reports).map((bytes) => Uint8Array.of(...bytes, ...PADDING).subarray(0, REPORT_SIZE)),
);

/** A version that this release does not read is refused as well, by its own name. */
function orUnread<T>(parse: () => T): T | undefined {
  try {
    return orRefused(parse);
  } catch (error) {
    if (error instanceof Fault && error.code === 'unsupported') return undefined;
    throw error;
  }
}

fuzz('a report is its fields and what it reserves, every byte once', anyReport, (bytes) => {
  const report = orUnread(() => parseSnpReport(bytes));
  if (report === undefined) return;
  expect(report.signed.length + report.signature.length).toBe(bytes.length);
  expect(toHex(report.reportData)).toBe(toHex(bytes.subarray(0x50, 0x90)));
  const reserved = report.reserved.reduce((sum, part) => sum + part.bytes.length, 0);
  const absent = ['cpuid', 'launchMitVector', 'currentMitVector'] as const;
  const fields = Object.entries(FIELDS).filter(
    ([name]) => !absent.some((one) => one === name && report[one] === undefined),
  );
  const named = fields.reduce((sum, [, [, size]]) => sum + size, 0);
  expect(named + reserved).toBe(report.signed.length);
  const dirty = report.reserved.some((part) => part.bytes.some((byte) => byte !== 0));
  expect(reservedProblem(report) !== undefined).toBe(dirty || report.keyInfo >= 0x20);
});

const certificates = [new Uint8Array(1360).fill(0x30), new Uint8Array(1600).fill(0x41)];
const tables = [
  goodTable([[GUIDS.vcek, certificates[0] ?? PADDING]]),
  goodTable([
    [GUIDS.vcek, Uint8Array.of(1, 2, 3)],
    [GUIDS.ask, Uint8Array.of(4, 5)],
    [GUIDS.ark, Uint8Array.of(6)],
  ]),
  goodTable(Object.values(GUIDS).map((guid, i) => [guid, Uint8Array.of(i + 1)] as const)),
  new Uint8Array(48),
];

fuzz(
  'a certificate table’s entries are in it, apart from each other, and all that is not zero',
  fc.oneof(damaged(...tables), fc.uint8Array({ maxLength: 200 })),
  (bytes) => {
    const table = orRefused(() => parseCertificateTable(bytes));
    if (table === undefined) return;
    const header = 24 * (table.entries.length + 1);
    const covered = new Uint8Array(bytes.length).fill(1, 0, header);
    for (const { data } of table.entries) {
      const start = data.byteOffset - bytes.byteOffset;
      expect(data.length).toBeGreaterThan(0);
      expect(start).toBeGreaterThanOrEqual(header);
      expect(start + data.length).toBeLessThanOrEqual(bytes.length);
      expect(covered.subarray(start, start + data.length)).not.toContain(1);
      covered.fill(1, start, start + data.length);
    }
    const left = bytes.filter((_, i) => covered[i] === 0);
    expect(left.some((byte) => byte !== 0)).toBe(false);
    const guids = table.entries.map(({ guid }) => guid);
    expect(new Set(guids).size).toBe(guids.length);
  },
);

/** A certificate's extensions with damage to one of them. */
const hurtExtensions = fc
  .constantFrom<('Milan' | 'Genoa' | 'Turin')[]>('Milan', 'Genoa', 'Turin')
  .chain((line) => {
    const good = { ...goodExtensions(line), cspID: goodExtensions(line, 'vlek').cspID };
    const names = Object.keys(good) as VekExtensionName[];
    return fc
      .constantFrom(...names)
      .chain((name) =>
        fc
          .oneof(damaged(good[name] ?? PADDING), fc.uint8Array({ maxLength: 70 }))
          .map((value) => ({ line, name, value, values: { ...good, [name]: value } })),
      );
  });

fuzz('a VEK extension says one thing only', hurtExtensions, ({ line, name, value, values }) => {
  const extensions = new Map(
    extensionList(values).map(([oid, bytes]) => [oid, { critical: false, value: bytes }]),
  );
  const certificate = { ...AMD_ARK_MILAN.certificate, extensions };
  const product = { Milan: 'milan', Genoa: 'genoa', Turin: 'turin' } as const;
  const parsed = orRefused(() => parseVekExtensions(certificate, product[line], 'vek'));
  if (parsed === undefined) return;
  expect(parsed.tcb).toHaveLength(8);
  expect(parsed.hwId).toHaveLength(line === 'Turin' ? 8 : 64);
  expect(`${parsed.productName}${parsed.cspId}`).toMatch(/^[ -~]+$/);
  // What was accepted is what it says, written in the one way there is.
  const tail = toHex(value);
  if (name === 'hwID') expect(tail.endsWith(toHex(parsed.hwId ?? PADDING))).toBe(true);
  else if (name.endsWith('SPL') || name.startsWith('spl')) {
    expect(tail).toMatch(/^02(01[0-7].|0200[89a-f].)$/);
  }
});
