import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect } from 'vitest';
import { sha256 } from '#crypto';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import type { NrasCheckId } from '../../src/evidence/nvidia/nras/checks.ts';
import { NRAS_ISSUER, type NrasInput } from '../../src/evidence/nvidia/nras/input.ts';
import { verifyNras } from '../../src/evidence/nvidia/nras/verify-nras.ts';
import type { Verification } from '../../src/evidence/verification.ts';

/** A key of a service of our own making, public half as in its JWK set. */
export interface ServiceKey {
  readonly privateKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function serviceKey(kid: string, namedCurve = 'P-384'): ServiceKey {
  return keyFrom(kid, generateKeyPairSync('ec', { namedCurve }).privateKey);
}

export function keyFrom(kid: string, privateKey: KeyObject): ServiceKey {
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { privateKey, jwk: { kty, crv, kid, x, y } };
}

export const KEY = serviceKey('key-1');
export const OTHER_KEY = serviceKey('key-1');

export function jwks(...keys: readonly object[]): Uint8Array {
  return utf8(JSON.stringify({ keys }));
}

type Members = Readonly<Record<string, unknown>>;

export interface TokenWishes {
  readonly key?: ServiceKey;
  /** Header members to change; `undefined` leaves one out. */
  readonly header?: Members;
  /** JSON text of the payload after it was made. */
  readonly text?: (json: string) => string;
}

/** A compact JWS, signed with SHA-384 whatever its header says. */
export function token(payload: Members, wishes: TokenWishes = {}): string {
  const { key = KEY, header = {}, text = (json) => json } = wishes;
  const parts = [
    base64url(JSON.stringify({ kid: key.jwk['kid'], alg: 'ES384', ...header })),
    base64url(text(JSON.stringify(payload))),
  ];
  const signed = utf8(parts.join('.'));
  const { privateKey } = key;
  const signature = sign('sha384', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return [...parts, signature.toString('base64url')].join('.');
}

export function base64url(text: string | Uint8Array): string {
  return Buffer.from(text).toString('base64url');
}

/** When the usual statement was made, in seconds since the epoch. */
export const ISSUED = Date.UTC(2026, 5, 1) / 1000;
/** Half an hour later, in milliseconds. */
const NOW = (ISSUED + 1800) * 1000;
export const NONCE = new Uint8Array(32).fill(0x4e);

const usual = (jti: string): Members => ({
  iss: NRAS_ISSUER,
  eat_nonce: toHex(NONCE),
  iat: ISSUED,
  nbf: ISSUED,
  exp: ISSUED + 3600,
  jti,
});

/** Claims 3.0 about a GPU. */
export function gpu(ueid: string, members: Members = {}): Members {
  return {
    ...usual(`token of ${ueid}`),
    ueid,
    hwmodel: 'GH100 A01 GSP BROM',
    measres: 'success',
    secboot: true,
    dbgstat: 'disabled',
    'x-nvidia-gpu-driver-version': '550.90.07',
    'x-nvidia-gpu-vbios-version': '96.00.9F.00.01',
    'x-nvidia-gpu-driver-rim-cert-chain': { 'x-nvidia-cert-status': 'valid' },
    ...members,
  };
}

export function nvSwitch(ueid: string, members: Members = {}): Members {
  return {
    ...usual(`token of ${ueid}`),
    ueid,
    hwmodel: 'LS_10 A01 FSP BROM',
    measres: 'success',
    secboot: true,
    dbgstat: 'disabled',
    'x-nvidia-switch-bios-version': '96.10.55.00.01',
    'x-nvidia-switch-pdi': '0f0e0d0c0b0a0908',
    ...members,
  };
}

export interface StatementWishes {
  /** Members of the overall token to change; `undefined` leaves one out. */
  readonly overall?: Members;
  readonly overallToken?: TokenWishes;
  /** Payloads by name; one GPU unless said. */
  readonly devices?: Readonly<Record<string, Members>>;
  readonly deviceTokens?: TokenWishes;
  readonly label?: string;
  /** Digests by name, after they were taken. */
  readonly submods?: (digests: Members) => Members;
  /** The compact device tokens, after their digests were taken. */
  readonly tokens?: (tokens: Readonly<Record<string, string>>) => Members;
  /** The compact overall token, after it was signed. */
  readonly signed?: (overall: string) => unknown;
}

export const UEID = '478176379286082186618948445787393647364802107249';

/** A detached EAT, right but for what a test changes. */
export function statement(wishes: StatementWishes = {}): Uint8Array {
  const { devices = { 'GPU-0': gpu(UEID) }, label = 'SHA-256' } = wishes;
  const made = Object.fromEntries(
    Object.entries(devices).map(([name, members]) => [name, token(members, wishes.deviceTokens)]),
  );
  const digests = Object.fromEntries(
    Object.entries(made).map(([name, text]) => [
      name,
      ['DIGEST', [label, toHex(sha256(utf8(text)))]],
    ]),
  );
  const overall = {
    ...usual('overall'),
    sub: 'NVIDIA-PLATFORM-ATTESTATION',
    'x-nvidia-ver': '3.0',
    'x-nvidia-overall-att-result': true,
    submods: wishes.submods?.(digests) ?? digests,
    ...wishes.overall,
  };
  const text = token(overall, wishes.overallToken);
  const first = ['JWT', wishes.signed?.(text) ?? text];
  return utf8(JSON.stringify([first, wishes.tokens?.(made) ?? made]));
}

export const GOOD: NrasInput = {
  eat: statement(),
  jwks: jwks(KEY.jwk),
  nonce: NONCE,
  devices: [UEID],
  at: NOW,
};

/** Of which nothing is asked beyond the baseline. */
export const BARE: NrasInput = { eat: GOOD.eat, jwks: jwks(KEY.jwk), at: NOW };

/** A good input with another statement. */
export function edited(wishes: StatementWishes, input: NrasInput = GOOD): NrasInput {
  return { ...input, eat: statement(wishes) };
}

/** With other members in the one device's token. */
export function deviceOf(members: Members): NrasInput {
  return edited({ devices: { 'GPU-0': gpu(UEID, members) } });
}

/** With other members in the overall token. */
export function overallOf(members: Members): NrasInput {
  return edited({ overall: members });
}

/** Two GPUs and a switch. */
export const MACHINE = { 'GPU-0': gpu('1'), 'GPU-1': gpu('2'), 'SWITCH-0': nvSwitch('3') };

/** The checks that did not pass, each with its outcome. */
export function flaws({ checks }: Verification): Record<string, string> {
  const flawed = checks.filter(({ outcome }) => outcome !== 'pass');
  return Object.fromEntries(flawed.map(({ id, outcome }) => [id, outcome]));
}

/** Name, input, and the one check that must fail. */
export type Rejection = readonly [string, NrasInput, NrasCheckId];

/** Rejected, and for this reason only. */
export function expectRejected([, input, id]: Rejection): void {
  const result = verifyNras(input);
  expect(flaws(result)).toEqual({ [id]: 'fail' });
  expect(result.verdict).toBe('reject');
}
