import { Fault } from '../../../core/fault.ts';
import type { Cpuid } from '../product.ts';

const NAPLES = { family: 23, model: 1, stepping: 2 };
const ROME = { family: 23, model: 49, stepping: 0 };
const MILAN = { family: 25, model: 1, stepping: 1 };
const GENOA = { family: 25, model: 17, stepping: 0 };
const TURIN = { family: 26, model: 0, stepping: 0 };

/**
 * QEMU's names of AMD's server processors (`-cpu`). Versions of one differ in features, never
 * in what CPUID calls them, so they measure the same.
 */
export const VCPU_TYPES = {
  EPYC: NAPLES,
  'EPYC-v1': NAPLES,
  'EPYC-v2': NAPLES,
  'EPYC-v3': NAPLES,
  'EPYC-v4': NAPLES,
  'EPYC-v5': NAPLES,
  'EPYC-IBPB': NAPLES,
  'EPYC-Rome': ROME,
  'EPYC-Rome-v1': ROME,
  'EPYC-Rome-v2': ROME,
  'EPYC-Rome-v3': ROME,
  'EPYC-Rome-v4': ROME,
  'EPYC-Rome-v5': ROME,
  'EPYC-Milan': MILAN,
  'EPYC-Milan-v1': MILAN,
  'EPYC-Milan-v2': MILAN,
  'EPYC-Milan-v3': MILAN,
  'EPYC-Genoa': GENOA,
  'EPYC-Genoa-v1': GENOA,
  'EPYC-Genoa-v2': GENOA,
  'EPYC-Turin': TURIN,
  'EPYC-Turin-v1': TURIN,
} as const satisfies Record<string, Cpuid>;

export type VcpuType = keyof typeof VCPU_TYPES;

/** A vCPU by QEMU's name, by what CPUID says of it, or by the signature itself. */
export type Vcpu = VcpuType | Cpuid | number;

/** @throws Fault `usage` at `measure.vcpu_type`, which lists the names that are known. */
export function vcpuTypeNamed(name: string): VcpuType {
  if (Object.hasOwn(VCPU_TYPES, name)) return name as VcpuType;
  const known = Object.keys(VCPU_TYPES).join(', ');
  throw new Fault('usage', 'measure.vcpu_type', `unknown ${JSON.stringify(name)}, want ${known}`);
}

/**
 * CPUID Fn0000_0001_EAX, which a vCPU finds in RDX when it starts (AMD64 Architecture
 * Programmer's Manual volume 3, appendix E).
 *
 * | bits  | field                                           |
 * |-------|-------------------------------------------------|
 * | 3:0   | stepping                                        |
 * | 7:4   | base model                                      |
 * | 11:8  | base family, at most 15                         |
 * | 19:16 | extended model                                  |
 * | 27:20 | extended family, what the family has beyond 15  |
 *
 * @throws Fault `usage` at `measure.vcpu…`.
 */
export function vcpuSignature(vcpu: Vcpu): number {
  if (typeof vcpu === 'number') return within('signature', vcpu, 0xffff_ffff);
  const { family, model, stepping } =
    typeof vcpu === 'string' ? VCPU_TYPES[vcpuTypeNamed(vcpu)] : vcpu;
  const baseFamily = Math.min(within('family', family, 15 + 255), 15);
  const extendedFamily = family - baseFamily;
  within('model', model, 255);
  within('stepping', stepping, 15);
  return (
    extendedFamily * 2 ** 20 +
    (model >> 4) * 2 ** 16 +
    baseFamily * 2 ** 8 +
    (model & 15) * 2 ** 4 +
    stepping
  );
}

function within(what: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new Fault('usage', `measure.vcpu_${what}`, `want 0 to ${max}, got ${value}`);
}
