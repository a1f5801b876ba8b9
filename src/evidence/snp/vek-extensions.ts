import { toHex } from '../../core/bytes/hex.ts';
import { DerReader, TAG } from '../../core/encoding/der.ts';
import { malformed } from '../../core/fault.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { PRODUCT_LINES, type ProductLine } from './product.ts';
import { officeOf, VEK_COMMON_NAMES, type VekKind } from './roles.ts';
import type { TcbLayout } from './tcb-version.ts';

/** AMD's arc for what a VEK certificate says of chip and firmware (VCEK specification, 57230). */
const AMD = '1.3.6.1.4.1.3704.1';

const OID = {
  structVersion: `${AMD}.1`,
  productName: `${AMD}.2`,
  hwId: `${AMD}.4`,
  cspId: `${AMD}.5`,
} as const;

/** The OID of a security patch level. */
const spl = (arc: number) => `${AMD}.3.${arc}`;

/** The security patch levels by their OID, in the order of TCB_VERSION's bytes. */
const SPLS: Readonly<Record<TcbLayout, readonly (readonly [oid: string, name: string])[]>> = {
  'milan-genoa': [
    [spl(1), 'blSPL'],
    [spl(2), 'teeSPL'],
    [spl(4), 'spl4'],
    [spl(5), 'spl5'],
    [spl(6), 'spl6'],
    [spl(7), 'spl7'],
    [spl(3), 'snpSPL'],
    [spl(8), 'ucodeSPL'],
  ],
  turin: [
    [spl(9), 'fmcSPL'],
    [spl(1), 'blSPL'],
    [spl(2), 'teeSPL'],
    [spl(3), 'snpSPL'],
    [spl(5), 'spl5'],
    [spl(6), 'spl6'],
    [spl(7), 'spl7'],
    [spl(8), 'ucodeSPL'],
  ],
};

/** What the other generation has in place of one of these: both at once would be two TCBs. */
const FOREIGN: Readonly<Record<TcbLayout, readonly [oid: string, name: string]>> = {
  'milan-genoa': [spl(9), 'fmcSPL'],
  turin: [spl(4), 'spl4'],
};

export interface VekExtensions {
  readonly structVersion: number;
  /** E.g. `Milan-B0` or `Genoa`; AMD does not keep the stepping true. */
  readonly productName: string;
  /** The SPLs as the eight bytes of a TCB_VERSION of this product line. */
  readonly tcb: Uint8Array;
  /** VCEK only: 64 bytes, on Turin 8. */
  readonly hwId: Uint8Array | undefined;
  /** VLEK only: the cloud provider it was issued to. */
  readonly cspId: string | undefined;
}

/**
 * Every extension that such a certificate carries, each to its last byte.
 *
 * @throws Fault `malformed` at `<path>.<extension>`.
 */
export function parseVekExtensions(
  { extensions, subject, issuer }: Certificate,
  line: ProductLine,
  path: string,
): VekExtensions {
  const { layout, hwIdLength } = PRODUCT_LINES[line];
  const value = (oid: string) => extensions.get(oid)?.value;
  const required = (oid: string, name: string) => {
    const found = value(oid);
    if (found === undefined) throw malformed(`${path}.${name}`, `no extension ${oid}`);
    return found;
  };
  const [foreign, foreignName] = FOREIGN[layout];
  if (value(foreign) !== undefined) {
    throw malformed(
      `${path}.${foreignName}`,
      `certificates of ${PRODUCT_LINES[line].name} have none`,
    );
  }
  const spls = SPLS[layout].map(([oid, name]) =>
    byteInteger(required(oid, name), `${path}.${name}`),
  );
  // A VCEK is for a chip, a VLEK for a cloud provider; one whose name and issuer disagree about
  // what it is fails for that.
  const signs = officeOf(issuer.commonName)?.signs;
  const isA = (kind: VekKind) => signs === kind && subject.commonName === VEK_COMMON_NAMES[kind];
  const hwId = isA('vcek') ? required(OID.hwId, 'hwID') : value(OID.hwId);
  const cspId = isA('vlek') ? required(OID.cspId, 'cspID') : value(OID.cspId);
  return {
    structVersion: byteInteger(
      required(OID.structVersion, 'structVersion'),
      `${path}.structVersion`,
    ),
    productName: ia5String(required(OID.productName, 'productName'), `${path}.productName`),
    tcb: Uint8Array.from(spls),
    hwId: hwId && hardwareId(hwId, hwIdLength, `${path}.hwID`),
    cspId: cspId && ia5String(cspId, `${path}.cspID`),
  };
}

/** INTEGER 0 to 255, shortest form, nothing behind it. */
function byteInteger(value: Uint8Array, path: string): number {
  const reader = new DerReader(value, path);
  const number = reader.smallInteger('integer');
  reader.end();
  if (number > 255) throw malformed(path, `want at most 255, got ${number}`);
  return number;
}

/** Raw bytes, as AMD's extension has it, or these wrapped in an OCTET STRING, as it also was. */
function hardwareId(value: Uint8Array, length: number, path: string): Uint8Array {
  if (value.length === length) return value;
  if (value.length === length + 2 && value[0] === TAG.octetString && value[1] === length) {
    return value.subarray(2);
  }
  throw malformed(
    path,
    `want ${length} bytes, got ${value.length} (${toHex(value).slice(0, 16)}…)`,
  );
}

const LONGEST_TEXT = 256;

function ia5String(value: Uint8Array, path: string): string {
  const reader = new DerReader(value, path);
  const { content } = reader.expect(TAG.ia5String, 'text');
  reader.end();
  if (content.length === 0 || content.length > LONGEST_TEXT) {
    throw malformed(path, `want 1 to ${LONGEST_TEXT} characters, got ${content.length}`);
  }
  if (content.some((byte) => byte < 0x20 || byte > 0x7e)) {
    throw malformed(path, 'want printable ASCII');
  }
  return new TextDecoder('latin1').decode(content);
}
