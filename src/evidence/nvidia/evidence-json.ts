import { fromHex, isHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromBase64 } from '../../core/encoding/base64.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import type { NvidiaDevice } from './input.ts';

/** Far above eight GPUs and four switches, each 12 KB. */
export const LARGEST_EVIDENCE = 4 * 1024 * 1024;
export const MOST_DEVICES = 64;

const PATH = 'devices';

/** How NVIDIA's tools of different ages call the two members that count. */
const LIST_NAMES = ['evidence_list', 'evidences'];
const REPORT_NAMES = ['evidence', 'attestationReportHexStr', 'attestation_report'];
const CHAIN_NAMES = ['certificate', 'certChainBase64Encoded', 'cert_chain', 'certificates'];

/**
 * Evidence as NVIDIA's tools and service write it: a list with an object for each device, or
 * such a list as `evidence_list` or `evidences` of an object, or the object of one device alone,
 * as the service's older requests are. Of each object, the report (hex or base64) and the chain
 * (base64 of PEM, or PEM itself) are read. Whatever else stands there (architecture, uuid,
 * driver version, nonce) nobody signed: it is passed over, never believed.
 *
 * @throws Fault `malformed` naming the member, `devices…`.
 */
export function readNvidiaEvidence(bytes: Uint8Array): readonly NvidiaDevice[] {
  if (bytes.length > LARGEST_EVIDENCE) throw malformed(PATH, `${bytes.length} bytes`);
  const { value } = parseJson(fromUtf8(bytes, PATH), PATH);
  const list = Array.isArray(value) ? value : listIn(value);
  if (list.length > MOST_DEVICES) throw malformed(PATH, `${list.length} devices`);
  return list.map((item, i) => readDevice(new JsonShape(item, `${PATH}[${i}]`)));
}

function listIn(value: JsonValue): readonly JsonValue[] {
  const shape = new JsonShape(value, PATH);
  const name = nameOf(shape, [...LIST_NAMES, ...REPORT_NAMES]);
  if (name !== undefined && REPORT_NAMES.includes(name)) return [value];
  if (name === undefined) throw malformed(PATH, 'want a list of evidence, or evidence_list');
  return shape.array(name);
}

function readDevice(shape: JsonShape): NvidiaDevice {
  const report = decode(shape, nameOf(shape, REPORT_NAMES) ?? 'evidence');
  const name = nameOf(shape, CHAIN_NAMES);
  return name === undefined ? { report } : { report, chain: decodeChain(shape, name) };
}

/** Under two names at once, another reader could find another device. */
function nameOf(shape: JsonShape, names: readonly string[]): string | undefined {
  const [name, ...more] = names.filter((known) => shape.has(known));
  if (more.length > 0) throw malformed(shape.path, `${name} and ${more.join(', ')}: which one?`);
  return name;
}

/** Hex first: all of its digits are base64 digits as well, but never of SPDM's first bytes. */
function decode(shape: JsonShape, name: string): Uint8Array {
  const text = shape.string(name);
  const path = `${shape.path}.${name}`;
  return isHex(text) ? fromHex(text, path) : fromBase64(text, path);
}

function decodeChain(shape: JsonShape, name: string): Uint8Array {
  const text = shape.string(name);
  if (text.startsWith('-----BEGIN')) return new TextEncoder().encode(text);
  return decode(shape, name);
}
