import { sha256 } from '#crypto';
import { toHex } from '../../../core/bytes/hex.ts';
import { utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import type { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import type { Claims } from '../../../evidence/verification.ts';
import type { Bind, Bound } from '../bound.ts';
import { base64Member, lowerHexMember, onlyMembers } from '../members.ts';
import {
  type CryptoMaterialItem,
  expectSameDevices,
  parseCryptoMaterial,
} from '../tinfoil-sections.ts';
import { NONCE_SIZE } from '../transcript.ts';

const LABEL = utf8('https://tinfoil.sh/report-data/v1');
const LARGEST_CRYPTO_MATERIAL = 64 * 1024;
const LARGEST_DEVICE_EVIDENCE = 4 * 1024 * 1024;
const KEY_SIZE = 32;

/** What clients connect and encrypt with, by id and format. */
const KNOWN_KEYS = [
  { id: 'tls', format: 'https://tinfoil.sh/key/spki-fp-sha256/v1', bind: 'tls-spki' },
  { id: 'hpke', format: 'https://tinfoil.sh/key/x25519-hpke/v1', bind: 'hpke-key' },
] as const;

/**
 * Tinfoil's second form: SHA-256 of the SubjectPublicKeyInfo of the TLS key, then the X25519 key
 * for HPKE. There is no hash over it, no label and no challenge, so that any 64 bytes are two
 * such keys. Not compared with genuine evidence.
 *
 *     { "recipe": "tinfoil-v2", "tls_spki_sha256": "<hex>", "hpke_public_key": "<hex>" }
 */
export function tinfoilV2(inputs: JsonShape): Bound {
  onlyMembers(inputs, ['recipe', 'tls_spki_sha256', 'hpke_public_key']);
  const spki = lowerHexMember(inputs, 'tls_spki_sha256', KEY_SIZE);
  const key = lowerHexMember(inputs, 'hpke_public_key', KEY_SIZE);
  return {
    reportData: concatBytes(spki, key),
    deviceNonce: undefined,
    nonce: undefined,
    binds: ['tls-spki', 'hpke-key'],
    notProven: ['freshness', 'domain-separation', 'device-binding'],
    claims: { tlsSpkiSha256: toHex(spki), hpkeKey: toHex(key) },
  };
}

/**
 * Tinfoil's third form: a hash over label, challenge, keys and device evidence, then zeros
 *
 *     SHA-256("https://tinfoil.sh/report-data/v1" ‖ nonce ‖ SHA-256(crypto_material)
 *             ‖ SHA-256(device_evidence)) ‖ 32 zero bytes
 *
 * The devices sign the nonce. Compared with the vectors that Tinfoil publishes; not with genuine
 * evidence.
 *
 *     { "recipe": "tinfoil-v3", "nonce": "<hex>", "crypto_material": "<base64>",
 *       "device_evidence": "<base64>" }
 *
 * Both sections exactly as they were served. Tinfoil's section of devices is more than the
 * evidence that NVIDIA's tools write; it comes here, and must hold just the devices that came
 * along. Without the member it is these that are hashed.
 */
export function tinfoilV3(inputs: JsonShape, devices: Uint8Array): Bound {
  onlyMembers(inputs, ['recipe', 'nonce', 'crypto_material', 'device_evidence']);
  const nonce = lowerHexMember(inputs, 'nonce', NONCE_SIZE);
  const material = base64Member(inputs, 'crypto_material', LARGEST_CRYPTO_MATERIAL);
  const at = `${inputs.path}.crypto_material`;
  const keys = knownKeys(parseCryptoMaterial(material, at), at);
  const hashed = concatBytes(LABEL, nonce, sha256(material), sha256(sectionOf(inputs, devices)));
  return {
    reportData: concatBytes(sha256(hashed), new Uint8Array(32)),
    deviceNonce: nonce,
    nonce,
    binds: ['crypto-material', 'device-evidence', ...keys.binds],
    notProven: [],
    claims: { cryptoMaterialSha256: toHex(sha256(material)), ...keys.claims },
  };
}

function sectionOf(inputs: JsonShape, devices: Uint8Array): Uint8Array {
  if (!inputs.has('device_evidence')) return devices;
  const section = base64Member(inputs, 'device_evidence', LARGEST_DEVICE_EVIDENCE);
  expectSameDevices(section, devices, `${inputs.path}.device_evidence`);
  return section;
}

function knownKeys(
  items: readonly CryptoMaterialItem[],
  at: string,
): { readonly binds: readonly Bind[]; readonly claims: Claims } {
  const found = KNOWN_KEYS.flatMap(({ id, format, bind }) => {
    const item = items.find((one) => one.id === id && one.format === format);
    if (item === undefined) return [];
    if (!/^[0-9a-f]{64}$/.test(item.data)) throw malformed(`${at}.items`, `want hex as ${id}`);
    return [{ bind, data: item.data }];
  });
  const data = (bind: Bind) => found.find((one) => one.bind === bind)?.data;
  const [spki, hpke] = [data('tls-spki'), data('hpke-key')];
  return {
    binds: found.map(({ bind }) => bind),
    claims: {
      cryptoMaterial: items.map(({ id, format, data: value }) => ({ id, format, data: value })),
      ...(spki !== undefined && { tlsSpkiSha256: spki }),
      ...(hpke !== undefined && { hpkeKey: hpke }),
    },
  };
}
