import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { mrTd, PAGE_ORDERS, type PageOrder } from '../../../../src/evidence/tdx/measure/mrtd.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { BFV, CFV, TD_HOB, type TdvfRow, TEMP_MEM, tdvfOf } from '../../../support/tdvf.ts';
import { asView } from '../../../support/view.ts';

/** The same by the specification's own words, call after call. */
class Module {
  readonly #hash = createHash('sha384');

  pageAdd(gpa: bigint): void {
    const buffer = Buffer.alloc(128);
    buffer.write('MEM.PAGE.ADD', 'latin1');
    buffer.writeBigUInt64LE(gpa, 16);
    this.#hash.update(buffer);
  }

  extend(gpa: bigint, chunk: Uint8Array): void {
    const buffer = Buffer.alloc(128);
    buffer.write('MR.EXTEND', 'latin1');
    buffer.writeBigUInt64LE(gpa, 16);
    this.#hash.update(buffer).update(chunk.subarray(0, 128)).update(chunk.subarray(128));
  }

  finalize(): string {
    return this.#hash.digest('hex');
  }
}

function byHand(image: Uint8Array, rows: readonly TdvfRow[], order: PageOrder): string {
  const module = new Module();
  for (const { dataOffset = 0, dataSize = 0, gpa, size, attributes = 0 } of rows) {
    if (attributes === 2) continue;
    const memory = Buffer.alloc(Number(size));
    memory.set(image.subarray(dataOffset, dataOffset + dataSize));
    const extendPage = (page: number) => {
      for (let at = page; at < page + 4096 && attributes === 1; at += 256) {
        module.extend(gpa + BigInt(at), memory.subarray(at, at + 256));
      }
    };
    for (let page = 0; page < memory.length; page += 4096) {
      module.pageAdd(gpa + BigInt(page));
      if (order === 'page-by-page') extendPage(page);
    }
    for (let page = 0; page < memory.length && order !== 'page-by-page'; page += 4096) {
      extendPage(page);
    }
  }
  return module.finalize();
}

const usual = [BFV, CFV, TEMP_MEM, TD_HOB];

describe.each(PAGE_ORDERS)('MRTD %s', (order) => {
  it.each<{ name: string; rows: readonly TdvfRow[] }>([
    { name: 'of what OVMF has', rows: usual },
    { name: 'in another order of sections', rows: usual.toReversed() },
    { name: 'of one section', rows: [BFV] },
    { name: 'with a measured configuration volume', rows: [BFV, { ...CFV, attributes: 1 }] },
    {
      name: 'with zeros behind the contents',
      rows: [BFV, { ...CFV, dataSize: 0x0ef1, size: 0x3000n, attributes: 1, gpa: 0x1000n }],
    },
    {
      name: 'without memory that comes later',
      rows: [{ gpa: 0x10_0000n, size: 2n ** 30n, type: 4, attributes: 2 }, BFV],
    },
    { name: 'with memory above 4 GiB', rows: [{ ...TEMP_MEM, gpa: 2n ** 52n - 0x3000n }, BFV] },
  ])('$name', ({ rows }) => {
    const image = tdvfOf({ rows });
    expect(toHex(mrTd(image, order))).toBe(byHand(image, rows, order));
    expect(mrTd(asView(image), order)).toEqual(mrTd(image, order));
  });
});

it('is what a program of its own in another language makes of the same image', () => {
  expect(toHex(mrTd(tdvfOf(), 'page-by-page'))).toBe(
    'b34b8359527972cf19eb542c79be0525ba61e3e53cd264d8ae3ebe98a52b5eebaa26fc6284b909929d4ccbacf0d07b9d',
  );
  expect(toHex(mrTd(tdvfOf(), 'section-by-section'))).toBe(
    '796bf216aaa16bd331fe02ec6900fb51e32588bce92cc2ef257e915f6d8ea9c9b21266eea2684b4ffadaf9ea10ea4549',
  );
});

it('changes with any byte that is measured, and with the place of one that is not', () => {
  const image = tdvfOf();
  const same = toHex(mrTd(image, 'page-by-page'));
  const flipped = (at: number) => toHex(mrTd(image.with(at, (image[at] ?? 0) ^ 1), 'page-by-page'));
  for (const at of [0x1000, 0x10ff, 0x1100, 0x2abc, 0x2fff]) expect(flipped(at)).not.toBe(same);
  // Of the configuration volume firmware itself takes care, in RTMR0.
  expect(flipped(0x0123)).toBe(same);
  const moved = tdvfOf({ rows: [BFV, CFV, { ...TEMP_MEM, gpa: 0x82_0000n }, TD_HOB] });
  expect(toHex(mrTd(moved, 'page-by-page'))).not.toBe(same);
});

it('refuses an order that nobody knows', () => {
  const fault = faultOf(() => mrTd(tdvfOf(), 'backwards' as PageOrder));
  expect(fault).toMatchObject({ code: 'usage', at: 'measure.order' });
});
