import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromBase64Url } from '../../core/encoding/base64url.ts';
import { type JsonObject, parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';

/** An RSA public key as JSON holds it (RFC 7518 section 6.3.1); of what size is not asked here. */
export interface RsaJwk {
  /** Big-endian. */
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
  /** Claims only: older paravisors say `encrypt` of the key that signs. */
  readonly keyOps: readonly string[];
}

/** What the paravisor says of the VM and its vTPM. */
export interface RuntimeData {
  /** HCLAkPub, the key that signs TPM quotes. */
  readonly ak: RsaJwk | undefined;
  /** HCLEkPub, the endorsement key. */
  readonly ek: RsaJwk | undefined;
  /** Names of keys that mean nothing to us. */
  readonly otherKeys: readonly string[];
  /** As it stands: newer paravisors know more members. */
  readonly vmConfiguration: JsonObject | undefined;
  /** 64 bytes that the guest last wrote to NV index 0x01400002. */
  readonly userData: Uint8Array | undefined;
}

const AK = 'HCLAkPub';
const EK = 'HCLEkPub';
const USER_DATA_SIZE = 64;

/**
 * The runtime claims of an HCL report (Azure confidential VM guest attestation):
 *
 *     { "keys": [{ "kid": "HCLAkPub", "key_ops": ["sign"], "kty": "RSA", "e": "AQAB", "n": "…" }],
 *       "vm-configuration": { … }, "user-data": "<128 hex digits>" }
 *
 * Members that we don't know are left alone: the hash covers them, and nothing is read from them.
 *
 * @param bytes the JSON exactly as hashed.
 * @throws Fault `malformed` at `runtime.<member>`; a key of one name twice is one of two keys
 *   too many, whichever of them others would take.
 */
export function parseRuntimeData(bytes: Uint8Array): RuntimeData {
  const { value } = parseJson(fromUtf8(bytes, 'runtime'), 'runtime');
  const runtime = new JsonShape(value, 'runtime');
  const keys = keysByName(runtime.objects('keys'));
  const [ak, ek] = [keys.get(AK), keys.get(EK)];
  return {
    ak: ak && rsaJwk(ak),
    ek: ek && rsaJwk(ek),
    otherKeys: [...keys.keys()].filter((name) => name !== AK && name !== EK),
    vmConfiguration: vmConfigurationOf(runtime),
    userData: runtime.has('user-data') ? runtime.hex('user-data', USER_DATA_SIZE) : undefined,
  };
}

function keysByName(jwks: readonly JsonShape[]): ReadonlyMap<string, JsonShape> {
  const keys = new Map<string, JsonShape>();
  for (const jwk of jwks) {
    const kid = jwk.string('kid');
    if (keys.has(kid)) {
      throw malformed(`${jwk.path}.kid`, `a second key called ${JSON.stringify(kid)}`);
    }
    keys.set(kid, jwk);
  }
  return keys;
}

function rsaJwk(jwk: JsonShape): RsaJwk {
  const kty = jwk.string('kty');
  if (kty !== 'RSA') throw malformed(`${jwk.path}.kty`, `want RSA, got ${JSON.stringify(kty)}`);
  return {
    modulus: fromBase64Url(jwk.string('n'), `${jwk.path}.n`),
    exponent: fromBase64Url(jwk.string('e'), `${jwk.path}.e`),
    keyOps: jwk.has('key_ops') ? jwk.strings('key_ops') : [],
  };
}

function vmConfigurationOf(runtime: JsonShape): JsonObject | undefined {
  const name = 'vm-configuration';
  if (!runtime.has(name)) return undefined;
  const members = runtime.object(name);
  return Object.fromEntries(
    members.names().map((member) => [member, members.value(member) ?? null]),
  );
}
