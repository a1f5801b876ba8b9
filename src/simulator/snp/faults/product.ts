import { simulatorName } from '../certificates.ts';
import type { SnpPlan } from '../plan.ts';
import { type Cpuid, SNP_PRODUCTS, type SnpProduct } from '../product.ts';
import { ia5 } from '../vek-extensions.ts';
import type { SnpFaults } from './fault.ts';
import { add } from './further-certificates.ts';

const known = { fails: ['snp.product.known'] } as const;
const match = { fails: ['snp.product.match'] } as const;

export const cpuid =
  (family: number, model: number, stepping: number) =>
  ({ report }: SnpPlan) => {
    report.cpuid = { family, model, stepping } satisfies Cpuid;
  };

/** A report whose processor is of another line than everything above it. */
function processorOf(product: SnpProduct, products: readonly SnpProduct[]) {
  return {
    describes: `the processor is ${SNP_PRODUCTS[product].line}’s, certificates and root are not`,
    ...match,
    products,
    apply: ({ report }: SnpPlan) => {
      report.cpuid = { ...SNP_PRODUCTS[product].cpuid };
    },
  } as const;
}

function unknown(family: number, model: number, what: string) {
  return { describes: what, ...known, apply: cpuid(family, model, 0) } as const;
}

export const PRODUCT_FAULTS = {
  processor_of_milan: processorOf('milan', ['genoa', 'turin']),
  processor_of_genoa: processorOf('genoa', ['milan', 'turin']),
  processor_of_turin: processorOf('turin', ['milan', 'genoa']),
  vcek_of_another_line: {
    describes: 'a VCEK certificate of another line’s hierarchy, chip and TCB right',
    ...match,
    products: ['milan', 'genoa'],
    apply: (plan) => {
      const { line, productName } = SNP_PRODUCTS[plan.product === 'milan' ? 'genoa' : 'milan'];
      add(plan, 'otherArk', 'ark', { subject: simulatorName(`ARK-${line}`), issuer: 'otherArk' });
      add(plan, 'otherAsk', 'ask', { subject: simulatorName(`SEV-${line}`), issuer: 'otherArk' });
      plan.certificates.vcek.issuer = 'otherAsk';
      plan.certificates.vcek.vek.productName = ia5(productName.vcek);
      plan.handed.chain = ['otherAsk', 'otherArk'];
    },
  },
  intermediate_of_another_line: {
    describes: 'an intermediate of another line’s name below this root, the report silent on it',
    ...match,
    products: ['milan', 'genoa'],
    options: { version: 2 },
    apply: ({ certificates: { ask, vcek }, product }) => {
      const { line, productName } = SNP_PRODUCTS[product === 'milan' ? 'genoa' : 'milan'];
      ask.subject = simulatorName(`SEV-${line}`);
      vcek.vek.productName = ia5(productName.vcek);
    },
  },
  product_name_of_another: {
    describes: 'a certificate of this line that names another product',
    ...match,
    apply: ({ certificates: { vcek }, product }) => {
      vcek.vek.productName = ia5(product === 'milan' ? 'Genoa' : 'Milan-B0');
    },
  },
  product_name_prefix: {
    describes: 'a product name that begins like this one and is longer',
    ...match,
    apply: ({ certificates: { vcek }, product }) => {
      vcek.vek.productName = ia5(`${SNP_PRODUCTS[product].line}ese`);
    },
  },
  product_name_lower_case: {
    describes: 'the product name in lower case',
    ...match,
    apply: ({ certificates: { vcek }, product }) => {
      vcek.vek.productName = ia5(product);
    },
  },
  cpuid_zero: unknown(0, 0, 'a processor of family 0'),
  cpuid_family_17: unknown(0x17, 0x31, 'a processor of the second generation, which has no SNP'),
  cpuid_family_1b: unknown(0x1b, 0x02, 'a processor of a family to come'),
  cpuid_below_bergamo: unknown(0x19, 0x9f, 'the model before Bergamo’s first'),
  cpuid_above_bergamo: unknown(0x19, 0xb0, 'the model after Siena’s last'),
  cpuid_above_genoa: unknown(0x19, 0x20, 'the model after Genoa’s last'),
  cpuid_above_turin: unknown(0x1a, 0x12, 'the model after Turin’s last'),
  cpuid_venice: unknown(0x1a, 0x50, 'a processor of Venice, whose roots are not held'),
  cpuid_venice_last: unknown(0x1a, 0xc7, 'the last model of Venice'),
} as const satisfies SnpFaults;
