import type { Cpuid, ProductLine } from '../product.ts';
import type { Processor } from './bulletin.ts';

/** The processors that have microcode floors, by the names that AMD's bulletins use. */
export const MILAN_B1 = processor('Milan B1', 'milan', 0x19, 0x01, 1);
export const MILAN_X = processor('Milan-X', 'milan', 0x19, 0x01, 2);
export const GENOA_B1 = processor('Genoa B1', 'genoa', 0x19, 0x11, 1);
export const GENOA_X = processor('Genoa-X', 'genoa', 0x19, 0x11, 2);
export const BERGAMO_SIENA = processor('Bergamo or Siena', 'genoa', 0x19, 0xa0, 2);
export const TURIN_C1 = processor('Turin C1', 'turin', 0x1a, 0x02, 1);

export const PROCESSORS: readonly Processor[] = [
  MILAN_B1,
  MILAN_X,
  GENOA_B1,
  GENOA_X,
  BERGAMO_SIENA,
  TURIN_C1,
];

export function isProcessor({ cpuid }: Processor, seen: Cpuid): boolean {
  return (
    cpuid.family === seen.family && cpuid.model === seen.model && cpuid.stepping === seen.stepping
  );
}

function processor(
  name: string,
  line: ProductLine,
  family: number,
  model: number,
  stepping: number,
): Processor {
  return { name, line, cpuid: { family, model, stepping } };
}
