/** What AMD publishes roots for: one hierarchy a product line, whatever the part is called. */
export type SnpProduct = 'milan' | 'genoa' | 'turin';

/** Security patch levels by component; a product without a component has no place for it. */
export interface Tcb {
  fmc: number;
  bootLoader: number;
  tee: number;
  snp: number;
  microcode: number;
}

/** CPUID Fn0000_0001_EAX as the report has it: combined family and model, stepping. */
export interface Cpuid {
  family: number;
  model: number;
  stepping: number;
}

/** A firmware version in the order of its bytes in the report. */
export interface FirmwareVersion {
  build: number;
  minor: number;
  major: number;
}

/** What a genuine machine of this product line says of itself in 2026. */
interface ProductFacts {
  /** As it stands in the common names of the certificates. */
  readonly line: string;
  /** productName of the certificates; Milan’s VCEKs add a stepping that is not the part’s. */
  readonly productName: { readonly vcek: string; readonly vlek: string };
  readonly structVersion: number;
  readonly cpuid: Cpuid;
  readonly tcb: Tcb;
  /** Places of the components in the eight bytes of a TCB_VERSION. */
  readonly tcbLayout: Readonly<Partial<Record<keyof Tcb, number>>>;
  /** Bytes of the chip id that are in use; zeros behind them. */
  readonly hwidLength: number;
  readonly firmware: FirmwareVersion;
  readonly serials: { readonly ark: string; readonly ask: string; readonly asvk: string };
  readonly caFrom: string;
  readonly caTo: string;
}

const MILAN_GENOA = { bootLoader: 0, tee: 1, snp: 6, microcode: 7 } as const;

export const SNP_PRODUCTS: Readonly<Record<SnpProduct, ProductFacts>> = {
  milan: {
    line: 'Milan',
    productName: { vcek: 'Milan-B0', vlek: 'Milan' },
    structVersion: 0,
    cpuid: { family: 0x19, model: 0x01, stepping: 1 },
    tcb: { fmc: 0, bootLoader: 4, tee: 0, snp: 24, microcode: 219 },
    tcbLayout: MILAN_GENOA,
    hwidLength: 64,
    firmware: { build: 29, minor: 55, major: 1 },
    serials: { ark: '010000', ask: '010001', asvk: '010101' },
    caFrom: '2020-10-22T17:23:05Z',
    caTo: '2045-10-22T17:23:05Z',
  },
  genoa: {
    line: 'Genoa',
    productName: { vcek: 'Genoa', vlek: 'Genoa' },
    structVersion: 0,
    cpuid: { family: 0x19, model: 0x11, stepping: 1 },
    tcb: { fmc: 0, bootLoader: 10, tee: 0, snp: 27, microcode: 86 },
    tcbLayout: MILAN_GENOA,
    hwidLength: 64,
    firmware: { build: 49, minor: 55, major: 1 },
    serials: { ark: '020000', ask: '020002', asvk: '020101' },
    caFrom: '2022-01-26T15:34:37Z',
    caTo: '2047-01-26T15:34:37Z',
  },
  turin: {
    line: 'Turin',
    productName: { vcek: 'Turin', vlek: 'Turin' },
    structVersion: 1,
    cpuid: { family: 0x1a, model: 0x02, stepping: 1 },
    tcb: { fmc: 1, bootLoader: 1, tee: 1, snp: 4, microcode: 81 },
    tcbLayout: { fmc: 0, bootLoader: 1, tee: 2, snp: 3, microcode: 7 },
    hwidLength: 8,
    firmware: { build: 65, minor: 55, major: 1 },
    serials: { ark: '030000', ask: '030001', asvk: '030101' },
    caFrom: '2023-05-15T20:03:12Z',
    caTo: '2048-05-15T20:03:12Z',
  },
};

/** TCB_VERSION, 8 bytes; what the product has no place for is left out. */
export function encodeTcb(product: SnpProduct, tcb: Tcb): Uint8Array {
  const bytes = new Uint8Array(8);
  for (const [component, at] of Object.entries(SNP_PRODUCTS[product].tcbLayout)) {
    bytes[at] = tcb[component as keyof Tcb];
  }
  return bytes;
}
