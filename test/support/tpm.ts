import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { sha256 } from '#crypto';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import type { HardwareEvidence } from '../../src/evidence/vtpm/input.ts';
import { hcl } from './hcl.ts';

/** An RSA key of our own making, public half as in the runtime JSON. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly jwk: { readonly kty: 'RSA'; readonly e: string; readonly n: string };
}

export function rsaKey(bits = 2048): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const { e = '', n = '' } = publicKey.export({ format: 'jwk' });
  return { privateKey, jwk: { kty: 'RSA', e, n } };
}

export const AK = rsaKey();
export const OTHER_AK = rsaKey();

export function jwk(kid: string, key: TestKey, ...key_ops: string[]) {
  return { kid, key_ops, ...key.jwk };
}

/** 64 bytes as a guest writes them to the NV index. */
export const USER_DATA = Uint8Array.from({ length: 64 }, (_, i) => (i < 48 ? i + 1 : 0));

/** The paravisor's claims, right but for what a test changes; `undefined` leaves a member out. */
export function runtimeJson(members: Readonly<Record<string, unknown>> = {}): Uint8Array {
  const usual = {
    keys: [jwk('HCLAkPub', AK, 'sign'), jwk('HCLEkPub', OTHER_AK, 'encrypt')],
    'vm-configuration': { 'secure-boot': true, vmUniqueId: '7DF7B373-B947-4AAA-96E5-C358F2A03D20' },
    'user-data': toHex(USER_DATA).toUpperCase(),
  };
  return utf8(JSON.stringify({ ...usual, ...members }));
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function u32(value: number): Uint8Array {
  return concatBytes(u16(value >>> 16), u16(value & 0xffff));
}

function u64(value: bigint): Uint8Array {
  return concatBytes(u32(Number(value >> 32n)), u32(Number(value & 0xffffffffn)));
}

/** TPM2B: a size, then the bytes. */
function tpm2b(bytes: Uint8Array, size = bytes.length): Uint8Array {
  return concatBytes(u16(size), bytes);
}

export const SHA256_BANK = 0x000b;
export const NONCE = utf8('what the verifier asked for, fresh');

/** Each register its own value. */
export const PCRS: readonly Uint8Array[] = Array.from({ length: 24 }, (_, i) =>
  sha256(utf8(`register ${i}`)),
);
export const PCRS_JSON = utf8(JSON.stringify(PCRS.map(toHex)));

export interface Selection {
  readonly hash: number;
  readonly pcrs: readonly number[];
  readonly size?: number;
}

export const ALL_PCRS: Selection = { hash: SHA256_BANK, pcrs: PCRS.map((_, i) => i) };

export function digestOf(...indexes: readonly number[]): Uint8Array {
  return sha256(concatBytes(...indexes.map((i) => PCRS[i] ?? new Uint8Array())));
}

interface QuoteParts {
  readonly magic?: number;
  readonly type?: number;
  readonly qualifiedSigner?: Uint8Array;
  readonly extraData?: Uint8Array;
  readonly clock?: bigint;
  readonly resetCount?: number;
  readonly restartCount?: number;
  readonly safe?: number;
  readonly firmwareVersion?: bigint;
  readonly count?: number;
  readonly select?: readonly Selection[];
  readonly pcrDigest?: Uint8Array;
}

/** TPMS_ATTEST of a quote over all PCRs, right but for what a test changes. */
export function tpmQuote(parts: QuoteParts = {}): Uint8Array {
  const select = parts.select ?? [ALL_PCRS];
  return concatBytes(
    u32(parts.magic ?? 0xff544347),
    u16(parts.type ?? 0x8018),
    tpm2b(parts.qualifiedSigner ?? concatBytes(u16(SHA256_BANK), new Uint8Array(32).fill(0x51))),
    tpm2b(parts.extraData ?? NONCE),
    u64(parts.clock ?? 0x1_2345_6789n),
    u32(parts.resetCount ?? 3),
    u32(parts.restartCount ?? 1),
    Uint8Array.of(parts.safe ?? 1),
    u64(parts.firmwareVersion ?? 0x2020_0312_0012_0003n),
    u32(parts.count ?? select.length),
    ...select.map(pcrSelection),
    tpm2b(parts.pcrDigest ?? digestOf(...ALL_PCRS.pcrs)),
  );
}

function pcrSelection({ hash, pcrs, size = 3 }: Selection): Uint8Array {
  const bitmap = new Uint8Array(size);
  for (const i of pcrs) bitmap[i >> 3] = (bitmap[i >> 3] ?? 0) | (1 << (i & 7));
  return concatBytes(u16(hash), Uint8Array.of(size), bitmap);
}

/** RSASSA-PKCS1-v1_5 with SHA-256. */
function signQuote(message: Uint8Array, { privateKey }: TestKey = AK): Uint8Array {
  return new Uint8Array(sign('sha256', message, privateKey));
}

/** TPMT_SIGNATURE around a bare one. */
export function tpmtSignature(
  signature: Uint8Array,
  { sigAlg = 0x0014, hash = SHA256_BANK } = {},
): Uint8Array {
  return concatBytes(u16(sigAlg), u16(hash), tpm2b(signature));
}

export function quoted(parts: QuoteParts = {}, key: TestKey = AK) {
  const message = tpmQuote(parts);
  return { message, signature: signQuote(message, key) };
}

/** An HCL report of an SNP machine, and the evidence whose REPORT_DATA it is bound to. */
export function azure(json: Uint8Array = runtimeJson()) {
  const reportData = concatBytes(sha256(json), new Uint8Array(32));
  const evidence: HardwareEvidence = { kind: 'snp', reportData, vmpl: 0, authentic: true };
  return { hcl: hcl({ reportType: 2, json }), evidence };
}
