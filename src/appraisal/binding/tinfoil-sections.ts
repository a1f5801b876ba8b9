import { fromUtf8 } from '../../core/bytes/text.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import { onlyMembers } from './members.ts';

/** One key of a `crypto_material` section. */
export interface CryptoMaterialItem {
  readonly id: string;
  /** An URI that says what `data` is. */
  readonly format: string;
  readonly data: string;
}

const CRYPTO_MATERIAL = 'https://tinfoil.sh/crypto-material/v1';
const DEVICE_EVIDENCE = 'https://tinfoil.sh/device-evidence/v1';
const NVIDIA = 'nvidia';
const MOST_ITEMS = 32;

/**
 * Tinfoil's list of keys: `{ "format": "…/crypto-material/v1", "items": [{ "id", "format", "data" }] }`.
 * Formats that are not known are kept as they stand.
 *
 * @throws Fault `malformed` at the member below `path`.
 */
export function parseCryptoMaterial(
  bytes: Uint8Array,
  path: string,
): readonly CryptoMaterialItem[] {
  return itemsOf(bytes, CRYPTO_MATERIAL, path).map((item) => {
    onlyMembers(item, ['id', 'format', 'data']);
    return { id: item.string('id'), format: item.string('format'), data: item.string('data') };
  });
}

/**
 * Holds the devices that are verified against Tinfoil's section, which is what the CPU commits
 * to: the evidence of its NVIDIA items, one behind the other, and nothing besides.
 *
 * @param section `{ "format": "…/device-evidence/v1", "items": [{ "vendor": "nvidia", "evidence": … }] }`
 * @param devices as NVIDIA's tools write it; empty when there are none.
 * @throws Fault `malformed` at `path`.
 */
export function expectSameDevices(section: Uint8Array, devices: Uint8Array, path: string): void {
  const items = itemsOf(section, DEVICE_EVIDENCE, path);
  const bound = items
    .filter((item) => item.string('vendor') === NVIDIA)
    .flatMap((item) => listed(item.value('evidence') ?? null, item.path));
  const shown =
    devices.length === 0
      ? []
      : listed(parseJson(fromUtf8(devices, 'devices'), 'devices').value, 'devices');
  if (canonicalJson(bound, path) === canonicalJson(shown, 'devices')) return;
  throw malformed(path, 'these are not the devices whose evidence came along');
}

/** A list, the list in an object that NVIDIA's tools put it into, or one device. */
function listed(value: JsonValue, path: string): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return [value];
  const { evidences, evidence_list } = value as { readonly [name: string]: JsonValue };
  if (evidences !== undefined && evidence_list !== undefined) {
    throw malformed(path, 'evidences and evidence_list: which one?');
  }
  const list = evidences ?? evidence_list;
  return Array.isArray(list) ? list : [value];
}

function itemsOf(bytes: Uint8Array, format: string, path: string): readonly JsonShape[] {
  const shape = new JsonShape(parseJson(fromUtf8(bytes, path), path).value, path);
  onlyMembers(shape, ['format', 'items']);
  const got = shape.string('format');
  if (got !== format) {
    throw malformed(`${path}.format`, `want ${format}, got ${JSON.stringify(got)}`);
  }
  const items = shape.objects('items');
  if (items.length > MOST_ITEMS) throw malformed(`${path}.items`, `more than ${MOST_ITEMS}`);
  const ids = items.map((item) => item.string('id'));
  if (new Set(ids).size < ids.length) throw malformed(`${path}.items`, 'an id twice');
  return items;
}
