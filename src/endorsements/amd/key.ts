import { Fault } from '../../core/fault.ts';
import { PRODUCT_LINES, type ProductLine } from '../../evidence/snp/product.ts';
import type { VekKind } from '../../evidence/snp/roles.ts';
import type { TcbLayout } from '../../evidence/snp/tcb-version.ts';

/** The certificate of one chip at one TCB. */
export interface VcekKey {
  readonly kind: 'vcek';
  readonly line: ProductLine;
  /** Lower-case hex: 64 bytes, on Turin 8. */
  readonly hwid: string;
  /** Lower-case hex of the 8 bytes of REPORTED_TCB; on Turin the FMC is among them. */
  readonly tcb: string;
}

/** The intermediate that signs VCEKs or VLEKs, and the ARK; or the ARK's CRL under that path. */
export interface LineKey {
  readonly kind: 'chain' | 'crl';
  readonly line: ProductLine;
  readonly signs: VekKind;
}

export type AmdKey = VcekKey | LineKey;

/** Bytes of a TCB_VERSION that no parameter of AMD's service can name. */
const RESERVED: Readonly<Record<TcbLayout, readonly number[]>> = {
  'milan-genoa': [2, 3, 4, 5],
  turin: [4, 5, 6],
};

/**
 * The one form of a key. File names and URLs are built from it, so nothing passes here that
 * could climb out of a folder or add a parameter.
 *
 * @param hwid hex of either case.
 * @param tcb hex of either case.
 * @throws Fault `usage`.
 */
export function vcekKey(line: ProductLine, hwid: string, tcb: string): VcekKey {
  const { name, hwIdLength, layout } = PRODUCT_LINES[line];
  if (!/^[0-9a-fA-F]+$/.test(hwid) || hwid.length !== 2 * hwIdLength) {
    const want = `${hwIdLength} bytes of hex for ${name}`;
    throw new Fault('usage', 'hwid', `want ${want}, got ${JSON.stringify(hwid.slice(0, 140))}`);
  }
  if (!/^[0-9a-fA-F]{16}$/.test(tcb)) {
    throw new Fault('usage', 'tcb', `want 8 bytes of hex, got ${JSON.stringify(tcb.slice(0, 40))}`);
  }
  if (RESERVED[layout].some((at) => tcb.slice(2 * at, 2 * at + 2) !== '00')) {
    throw new Fault('usage', 'tcb', `reserved bytes of ${name} are not zero in ${tcb}`);
  }
  return { kind: 'vcek', line, hwid: hwid.toLowerCase(), tcb: tcb.toLowerCase() };
}

/** @throws Fault `usage` at `product`. */
export function parseProductLine(text: string): ProductLine {
  const lines = Object.keys(PRODUCT_LINES) as ProductLine[];
  const known = lines.find((line) => line === text);
  if (known === undefined) {
    throw new Fault('usage', 'product', `want ${lines.join(', ')}; got ${JSON.stringify(text)}`);
  }
  return known;
}

/** The folder of a product line has these names; a file keeps the form that other tools read. */
export function amdFileName(key: AmdKey): string {
  switch (key.kind) {
    case 'vcek':
      return `vcek-${key.hwid}-${key.tcb}.der`;
    case 'chain':
      return `${key.signs}-chain.pem`;
    case 'crl':
      return `${key.signs}.crl`;
  }
}

/** The key of a file name of ours; undefined for any other name. */
export function amdKeyOfFileName(line: ProductLine, name: string): AmdKey | undefined {
  for (const signs of ['vcek', 'vlek'] as const) {
    for (const kind of ['chain', 'crl'] as const) {
      const key = { kind, line, signs };
      if (amdFileName(key) === name) return key;
    }
  }
  const [, hwid, tcb] = /^vcek-([0-9a-f]+)-([0-9a-f]{16})\.der$/.exec(name) ?? [];
  if (hwid === undefined || tcb === undefined) return undefined;
  try {
    return vcekKey(line, hwid, tcb);
  } catch (error) {
    if (error instanceof Fault && error.code === 'usage') return undefined;
    throw error;
  }
}

/** One name for each key, for maps. */
export function amdKeyName(key: AmdKey): string {
  return `${key.line}/${amdFileName(key)}`;
}

/** For people: `the VCEK of Genoa chip 0011223344556677… at TCB 0a0000000000001b`. */
export function amdKeyText(key: AmdKey): string {
  const { name } = PRODUCT_LINES[key.line];
  if (key.kind === 'vcek') {
    const chip = key.hwid.length > 16 ? `${key.hwid.slice(0, 16)}…` : key.hwid;
    return `the VCEK of ${name} chip ${chip} at TCB ${key.tcb}`;
  }
  const what = key.kind === 'chain' ? 'certificate chain' : 'CRL';
  return `the ${key.signs.toUpperCase()} ${what} of ${name}`;
}
