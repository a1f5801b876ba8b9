import type { TcbLayout } from './tcb-version.ts';

/** Processors that share one root key; AMD's KDS and certificates know no finer name. */
export const PRODUCT_LINES = {
  milan: { name: 'Milan', layout: 'milan-genoa', hwIdLength: 64 },
  genoa: { name: 'Genoa', layout: 'milan-genoa', hwIdLength: 64 },
  turin: { name: 'Turin', layout: 'turin', hwIdLength: 8 },
} as const satisfies Record<
  string,
  { readonly name: string; readonly layout: TcbLayout; readonly hwIdLength: number }
>;

export type ProductLine = keyof typeof PRODUCT_LINES;

/** Combined family and model, as CPUID leaf 1 gives them once the extended fields are added. */
export interface Cpuid {
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

/** A product as it is called, and whose roots it uses. */
export interface Product {
  readonly name: string;
  /** Undefined for a product whose roots this release does not hold. */
  readonly line: ProductLine | undefined;
}

interface ModelRange extends Product {
  readonly family: number;
  readonly models: readonly [first: number, last: number];
}

/** By family and model, both ends included. */
const MODELS: readonly ModelRange[] = [
  { family: 0x19, models: [0x00, 0x0f], name: 'Milan', line: 'milan' },
  { family: 0x19, models: [0x10, 0x1f], name: 'Genoa', line: 'genoa' },
  { family: 0x19, models: [0xa0, 0xaf], name: 'Bergamo or Siena', line: 'genoa' },
  { family: 0x1a, models: [0x00, 0x11], name: 'Turin', line: 'turin' },
  { family: 0x1a, models: [0x50, 0x57], name: 'Venice', line: undefined },
  { family: 0x1a, models: [0x90, 0xaf], name: 'Venice', line: undefined },
  { family: 0x1a, models: [0xc0, 0xc7], name: 'Venice', line: undefined },
];

/** @returns undefined for a processor that is not known to have SEV-SNP. */
export function productOf({ family, model }: Cpuid): Product | undefined {
  return MODELS.find(
    ({ family: known, models: [first, last] }) =>
      family === known && first <= model && model <= last,
  );
}

/** The line whose name stands at the front, e.g. of `Milan-B0`, or `Genoa` alone. */
export function lineOfProductName(text: string): ProductLine | undefined {
  const lines = Object.keys(PRODUCT_LINES) as ProductLine[];
  return lines.find((line) => {
    const { name } = PRODUCT_LINES[line];
    return text === name || text.startsWith(`${name}-`);
  });
}
