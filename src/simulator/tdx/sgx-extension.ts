import { TAG } from '../../core/encoding/der.ts';
import { der, derBoolean, derNumber, derOid, derSequenceOf } from '../der-writer.ts';

/** Intel's SGX extension of a PCK certificate (Intel SGX PCK Certificate and CRL Profile, section 1.3.5). */
export const SGX_EXTENSION = '1.2.840.113741.1.13.1';

export interface SgxExtensionContent {
  ppid: Uint8Array;
  /** 16 SVNs, `.2.1` to `.2.16`. */
  components: number[];
  pceSvn: number;
  cpuSvn: Uint8Array;
  pceId: Uint8Array;
  fmspc: Uint8Array;
  /** 0 standard, 1 scalable, 2 scalable with integrity. */
  sgxType: number;
  platformInstanceId: Uint8Array;
  dynamicPlatform: boolean;
  cachedKeys: boolean;
  smtEnabled: boolean;
  /** Last arcs of the elements to leave out, 1 to 7. */
  without: number[];
}

/** SEQUENCE of { OID, value }, all seven elements in the order in which Intel writes them. */
export function encodeSgxExtension(content: SgxExtensionContent): Uint8Array {
  const tcb = [...content.components, content.pceSvn].map((svn, i) =>
    entry(`2.${i + 1}`, derNumber(svn)),
  );
  const flags = [content.dynamicPlatform, content.cachedKeys, content.smtEnabled];
  const elements = [
    octets('1', content.ppid),
    entry('2', derSequenceOf(...tcb, octets('2.18', content.cpuSvn))),
    octets('3', content.pceId),
    octets('4', content.fmspc),
    entry('5', derNumber(content.sgxType, TAG.enumerated)),
    octets('6', content.platformInstanceId),
    entry('7', derSequenceOf(...flags.map((flag, i) => entry(`7.${i + 1}`, derBoolean(flag))))),
  ];
  return derSequenceOf(...elements.filter((_, i) => !content.without.includes(i + 1)));
}

function entry(arcs: string, value: Uint8Array): Uint8Array {
  return derSequenceOf(derOid(`${SGX_EXTENSION}.${arcs}`), value);
}

function octets(arcs: string, value: Uint8Array): Uint8Array {
  return entry(arcs, der(TAG.octetString, value));
}
