import { type DerReader, derSequence } from '../../core/encoding/der.ts';
import { malformed } from '../../core/fault.ts';

/**
 * Intel's SGX extension of a PCK certificate (Intel SGX PCK Certificate and CRL profile,
 * section 1.3.5), OID 1.2.840.113741.1.13.1 with below it:
 *
 * | arc       | content                                                                  |
 * |-----------|--------------------------------------------------------------------------|
 * | .1        | PPID, 16 bytes                                                           |
 * | .2        | TCB: .2.1–.2.16 component SVNs, .2.17 PCESVN, .2.18 CPUSVN               |
 * | .3        | PCEID, 2 bytes                                                           |
 * | .4        | FMSPC, 6 bytes                                                           |
 * | .5        | SGX type: 0 standard, 1 scalable, 2 scalable with integrity              |
 * | .6        | platform instance id, 16 bytes; Platform CA only                         |
 * | .7        | configuration: .1 dynamicPlatform, .2 cachedKeys, .3 smtEnabled          |
 */
export interface PckExtension {
  readonly ppid: Uint8Array;
  /** The 16 component SVNs that TCB levels are compared with. */
  readonly components: readonly number[];
  readonly pceSvn: number;
  readonly cpuSvn: Uint8Array;
  readonly pceId: Uint8Array;
  readonly fmspc: Uint8Array;
  readonly sgxType: 0 | 1 | 2;
  readonly platformInstanceId: Uint8Array | undefined;
  readonly configuration: PckConfiguration | undefined;
}

/** Undefined where the certificate does not say. */
export interface PckConfiguration {
  readonly dynamicPlatform: boolean | undefined;
  readonly cachedKeys: boolean | undefined;
  readonly smtEnabled: boolean | undefined;
}

export const SGX_EXTENSION = '1.2.840.113741.1.13.1';

/** @throws Fault `malformed`: what is missing, twice, or of the wrong size. */
export function parsePckExtension(value: Uint8Array, path: string): PckExtension {
  const items = readItems(derSequence(value, path), SGX_EXTENSION, path);
  const count = items.size;
  if (count !== 5 && count !== 7) throw malformed(path, `want 5 or 7 elements, got ${count}`);
  const bytes = (arc: number, length: number, name: string): Uint8Array =>
    sized(take(items, arc, name, path), length, `${path}.${name}`);
  const tcb = parseTcb(take(items, 2, 'tcb', path).sequence('tcb'), `${path}.tcb`);
  const sgxType = take(items, 5, 'sgxType', path).enumerated('sgxType');
  if (sgxType !== 0 && sgxType !== 1 && sgxType !== 2) {
    throw malformed(`${path}.sgxType`, `want 0, 1 or 2, got ${sgxType}`);
  }
  return {
    ppid: bytes(1, 16, 'ppid'),
    ...tcb,
    pceId: bytes(3, 2, 'pceId'),
    fmspc: bytes(4, 6, 'fmspc'),
    sgxType,
    platformInstanceId: count === 7 ? bytes(6, 16, 'platformInstanceId') : undefined,
    configuration:
      count === 7
        ? parseConfiguration(
            take(items, 7, 'configuration', path).sequence('configuration'),
            `${path}.configuration`,
          )
        : undefined,
  };
}

function parseTcb(reader: DerReader, path: string) {
  const items = readItems(reader, `${SGX_EXTENSION}.2`, path);
  if (items.size !== 18) throw malformed(path, `want 18 elements, got ${items.size}`);
  const number = (arc: number, name: string, max: number): number => {
    const value = take(items, arc, name, path).smallInteger(name);
    if (value > max) throw malformed(`${path}.${name}`, `want at most ${max}, got ${value}`);
    return value;
  };
  return {
    components: Array.from({ length: 16 }, (_, i) => number(i + 1, `component${i + 1}`, 255)),
    pceSvn: number(17, 'pceSvn', 65535),
    cpuSvn: sized(take(items, 18, 'cpuSvn', path), 16, `${path}.cpuSvn`),
  };
}

function parseConfiguration(reader: DerReader, path: string): PckConfiguration {
  const items = readItems(reader, `${SGX_EXTENSION}.7`, path);
  const flag = (arc: number, name: string) => items.get(arc)?.boolean(name);
  return {
    dynamicPlatform: flag(1, 'dynamicPlatform'),
    cachedKeys: flag(2, 'cachedKeys'),
    smtEnabled: flag(3, 'smtEnabled'),
  };
}

/** SEQUENCE OF SEQUENCE { OID below `parent`, value }, by the OID's last arc. */
function readItems(reader: DerReader, parent: string, path: string): Map<number, DerReader> {
  const items = new Map<number, DerReader>();
  while (!reader.done) {
    const item = reader.sequence('element');
    const oid = item.oid('oid');
    const arc = oid.startsWith(`${parent}.`) ? oid.slice(parent.length + 1) : '';
    if (!/^\d{1,3}$/.test(arc)) throw malformed(path, `unexpected element ${oid}`);
    if (items.has(Number(arc))) throw malformed(path, `element ${oid} twice`);
    items.set(Number(arc), item);
  }
  return items;
}

function take(
  items: ReadonlyMap<number, DerReader>,
  arc: number,
  name: string,
  path: string,
): DerReader {
  const item = items.get(arc);
  if (item === undefined) throw malformed(`${path}.${name}`, 'missing');
  return item;
}

function sized(item: DerReader, length: number, path: string): Uint8Array {
  const bytes = item.octetString('value');
  item.end();
  if (bytes.length !== length) {
    throw malformed(path, `want ${length} bytes, got ${bytes.length}`);
  }
  return bytes;
}
