import { utf8 } from '../../core/bytes/text.ts';
import { der, derNumber } from '../der-writer.ts';
import type { RawExtension } from './certificates.ts';
import { SNP_PRODUCTS, type SnpProduct, type Tcb } from './product.ts';

/** AMD's arcs below 1.3.6.1.4.1.3704.1, by the names of the VCEK specification. */
const ARCS = {
  structVersion: '1',
  productName: '2',
  fmcSPL: '3.9',
  blSPL: '3.1',
  teeSPL: '3.2',
  spl4: '3.4',
  spl5: '3.5',
  spl6: '3.6',
  spl7: '3.7',
  snpSPL: '3.3',
  ucodeSPL: '3.8',
  hwID: '4',
  cspID: '5',
} as const;

export type VekExtensionName = keyof typeof ARCS;

/** DER inside the extnValue by name; what is not there is left out. */
export type VekExtensions = Partial<Record<VekExtensionName, Uint8Array>>;

const IA5_STRING = 0x16;

export function ia5(text: string): Uint8Array {
  return der(IA5_STRING, utf8(text));
}

/**
 * What both kinds of VEK certificate have, in AMD’s order: Turin’s begin with the FMC, have
 * no SPL 4, and the SNP SPL stands where it stands in the report.
 *
 * @param tcb the version that the key was derived for.
 */
function common(product: SnpProduct, productName: string, tcb: Tcb): VekExtensions {
  const turin = product === 'turin';
  const zero = derNumber(0);
  const snpSPL = derNumber(tcb.snp);
  return {
    structVersion: derNumber(SNP_PRODUCTS[product].structVersion),
    productName: ia5(productName),
    ...(turin && { fmcSPL: derNumber(tcb.fmc) }),
    blSPL: derNumber(tcb.bootLoader),
    teeSPL: derNumber(tcb.tee),
    ...(turin ? { snpSPL } : { spl4: zero }),
    spl5: zero,
    spl6: zero,
    spl7: zero,
    ...(!turin && { snpSPL }),
    ucodeSPL: derNumber(tcb.microcode),
  };
}

/** @param chipId as in the report; of the newer generations only its first bytes are in use. */
export function vcekExtensions(product: SnpProduct, tcb: Tcb, chipId: Uint8Array): VekExtensions {
  const { productName, hwidLength } = SNP_PRODUCTS[product];
  return { ...common(product, productName.vcek, tcb), hwID: chipId.slice(0, hwidLength) };
}

export function vlekExtensions(product: SnpProduct, tcb: Tcb): VekExtensions {
  const cspID = ia5('CN=cloud.simulator.postern');
  return { ...common(product, SNP_PRODUCTS[product].productName.vlek, tcb), cspID };
}

/** The extensions as they go into a certificate, in the order of the record, none of them critical. */
export function encodeVekExtensions(extensions: VekExtensions): RawExtension[] {
  return Object.entries(extensions).map(([name, value]) => ({
    oid: `1.3.6.1.4.1.3704.1.${ARCS[name as VekExtensionName]}`,
    critical: 'not-critical' as const,
    value,
  }));
}
