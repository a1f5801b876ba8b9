import { describe, expect, it } from 'vitest';
import { lineOfProductName, productOf } from '../../../src/evidence/snp/product.ts';

const MODELS = Array.from({ length: 256 }, (_, model) => model);

/** Every model that is of a product, by family: what AMD's own tools take each for. */
const RANGES = [
  [0x19, 0x00, 0x0f, 'Milan', 'milan'],
  [0x19, 0x10, 0x1f, 'Genoa', 'genoa'],
  [0x19, 0xa0, 0xaf, 'Bergamo or Siena', 'genoa'],
  [0x1a, 0x00, 0x11, 'Turin', 'turin'],
  [0x1a, 0x50, 0x57, 'Venice', undefined],
  [0x1a, 0x90, 0xaf, 'Venice', undefined],
  [0x1a, 0xc0, 0xc7, 'Venice', undefined],
] as const;

describe('processors', () => {
  it.each(RANGES)('family %i, models %i to %i are %s', (family, first, last, name, line) => {
    for (let model = first; model <= last; model++) {
      expect(productOf({ family, model, stepping: 15 })).toMatchObject({ name, line });
    }
  });

  it('of no other family or model are known, on either side of each range', () => {
    const known = (family: number, model: number) =>
      RANGES.some(([of, first, last]) => of === family && first <= model && model <= last);
    const taken = [0x00, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0xff].flatMap((family) =>
      MODELS.filter(
        (model) =>
          (productOf({ family, model, stepping: 0 }) !== undefined) !== known(family, model),
      ),
    );
    expect(taken).toEqual([]);
  });

  it.each([0, 1, 2, 255])('are the same at stepping %i', (stepping) => {
    expect(productOf({ family: 0x19, model: 0x11, stepping })?.line).toBe('genoa');
  });
});

describe('the productName of a certificate', () => {
  it.each([
    ['Milan', 'milan'],
    ['Milan-B0', 'milan'],
    ['Milan-B1', 'milan'],
    ['Genoa', 'genoa'],
    ['Genoa-B1', 'genoa'],
    ['Turin', 'turin'],
    ['Turin-C1', 'turin'],
    ['Milan-', 'milan'],
  ])('%s is %s', (text, line) => {
    expect(lineOfProductName(text)).toBe(line);
  });

  it.each([
    '',
    'Mila',
    'milan',
    'MILAN',
    'Milan ',
    'Milano',
    'Milan B0',
    ' Milan',
    'X-Milan',
    'Venice',
  ])('“%s” is of no line', (text) => {
    expect(lineOfProductName(text)).toBeUndefined();
  });
});
