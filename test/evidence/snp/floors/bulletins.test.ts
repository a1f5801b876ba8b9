import { describe, expect, it } from 'vitest';
import {
  BULLETINS,
  bulletinOf,
  FLOORS_AS_OF,
} from '../../../../src/evidence/snp/floors/bulletins.ts';
import { PROCESSORS } from '../../../../src/evidence/snp/floors/processors.ts';
import { WEAKNESSES, weaknessesOf } from '../../../../src/evidence/snp/floors/weaknesses.ts';
import {
  PRODUCT_LINES,
  type ProductLine,
  productOf,
} from '../../../../src/evidence/snp/product.ts';
import { tcbVersion } from '../../../../src/evidence/snp/tcb-version.ts';

const ids = BULLETINS.map(({ id }) => id);
const LINES = Object.keys(PRODUCT_LINES) as ProductLine[];

/** YYYY, YYYY-MM or YYYY-MM-DD, a day that exists. */
function isDate(text: string): boolean {
  const full = `${text}-01-01`.slice(0, 10);
  const time = Date.parse(`${full}T00:00:00Z`);
  return /^\d{4}(-\d{2}){0,2}$/.test(text) && new Date(time).toISOString().startsWith(full);
}

describe('the table of bulletins', () => {
  it('has what the attestation of SEV-SNP is asked about, in order and once each', () => {
    expect(ids).toEqual(
      [3002, 3005, 3007, 3011, 3015, 3016, 3019, 3020, 3023, 3027, 3030, 3034].map(
        (number) => `AMD-SB-${number}`,
      ),
    );
  });

  it('finds a bulletin by its exact name only', () => {
    expect(bulletinOf('AMD-SB-3019')?.cves).toEqual(['CVE-2024-56161']);
    expect(bulletinOf('amd-sb-3019')).toBeUndefined();
    expect(bulletinOf('toString')).toBeUndefined();
  });

  it('is dated, and nothing in it is younger than its date', () => {
    expect(isDate(FLOORS_AS_OF)).toBe(true);
    const dates = BULLETINS.flatMap(({ published, withdrawn }) => [
      ...(published === undefined ? [] : [published]),
      ...(withdrawn ? [withdrawn.date] : []),
    ]);
    expect(dates.length).toBeGreaterThan(10);
    expect(dates.filter((date) => !isDate(date) || date > FLOORS_AS_OF)).toEqual([]);
  });

  it.each(BULLETINS)(
    '$id says where it is from, whom it concerns, and CVEs as they are written',
    (bulletin) => {
      expect(bulletin.source).not.toBe('');
      expect(bulletin.title).not.toBe('');
      expect(bulletin.lines.length).toBeGreaterThan(0);
      expect(new Set(bulletin.lines).size).toBe(bulletin.lines.length);
      expect(new Set(bulletin.cves).size).toBe(bulletin.cves.length);
      for (const cve of bulletin.cves) expect(cve).toMatch(/^CVE-20\d\d-\d{4,}$/);
    },
  );

  it.each(BULLETINS)(
    '$id has numbers of one byte, of components that the line has',
    ({ lines, floors }) => {
      for (const { line, minimum, processor } of floors) {
        expect(lines).toContain(line);
        const known = Object.keys(tcbVersion(new Uint8Array(8), PRODUCT_LINES[line].layout));
        expect(Object.keys(minimum).length).toBeGreaterThan(0);
        for (const [component, value] of Object.entries(minimum)) {
          expect(known).toContain(component);
          expect(Number.isInteger(value) && value > 0 && value <= 255).toBe(true);
          // Each processor numbers its microcode by itself.
          expect(component === 'microcode').toBe(processor !== undefined);
        }
        if (processor) expect(processor.line).toBe(line);
      }
    },
  );

  it.each(BULLETINS)('$id has no two numbers for the same machine', ({ floors }) => {
    const keys = floors.flatMap(({ line, processor, minimum }) =>
      Object.keys(minimum).map((component) => `${line} ${processor?.name} ${component}`),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(BULLETINS)(
    '$id names bits that there are, for lines that it concerns',
    ({ lines, signs }) => {
      for (const sign of signs) {
        expect(sign.bit).toBeGreaterThanOrEqual(0);
        expect(sign.bit).toBeLessThan(64);
        expect(sign.lines.length).toBeGreaterThan(0);
        expect(lines).toEqual(expect.arrayContaining([...sign.lines]));
        expect(sign.set).not.toBe(sign.clear);
      }
    },
  );
});

describe('the processors', () => {
  it.each(PROCESSORS)('$name is of its line', ({ line, cpuid }) => {
    expect(productOf(cpuid)?.line).toBe(line);
  });

  it('are each another CPUID', () => {
    expect(new Set(PROCESSORS.map(({ cpuid }) => JSON.stringify(cpuid))).size).toBe(
      PROCESSORS.length,
    );
  });
});

describe('the table of weaknesses', () => {
  it('has each once, none of them a bulletin that a TCB answers', () => {
    const weaknesses = WEAKNESSES.map(({ id }) => id);
    expect(new Set(weaknesses).size).toBe(weaknesses.length);
    expect(weaknesses.filter((id) => bulletinOf(id) !== undefined)).toEqual([]);
    for (const { says, source } of WEAKNESSES) {
      expect(says).toMatch(/\.$/);
      expect(source).not.toBe('');
    }
  });

  it('says of Milan alone that its reports can be forged', () => {
    const forged = LINES.filter((line) =>
      weaknessesOf(line).some(({ id }) => id === 'AMD-SB-3045'),
    );
    expect(forged).toEqual(['milan']);
  });

  it.each(LINES)('leaves no line without a word on memory interposers: %s', (line) => {
    expect(weaknessesOf(line).map(({ id }) => id)).toContain('memory-interposers');
  });
});
