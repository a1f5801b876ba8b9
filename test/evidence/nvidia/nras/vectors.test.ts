import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fromHex } from '../../../../src/core/bytes/hex.ts';
import { looksLikeNrasEat, nrasClaims } from '../../../../src/evidence/nvidia/nras/claims.ts';
import { verifyNras } from '../../../../src/evidence/nvidia/nras/verify-nras.ts';
import { jwks, KEY } from '../../../support/nras.ts';
import { vectorsFolder } from '../../../support/vectors.ts';

const folder = vectorsFolder('nvidia/eat/nras-h100-550');
const read = (name: string) => new Uint8Array(readFileSync(join(folder ?? '', name)));

const KID = 'nv-eat-kid-prod-20250609211310110-93b13aa1-17e4-4c14-9d33-dba2323329f2';
const NONCE = '931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb';
const DIGEST = 'd7c2a949a5c69bff1a12de3da0c9a23bc966041b811b99a89dfe44c2dde8c37c';
const UEID = '478176379286082186618948445787393647364802107249';

it.skipIf(folder === undefined)('a genuine statement: all but the signatures can be told', () => {
  const eat = read('eat.json');
  const nonce = fromHex(NONCE, 'nonce');
  const at = Date.UTC(2025, 5, 11, 0, 31, 58);
  const result = verifyNras({ eat, nonce, devices: [UEID], at });
  expect(result).toMatchObject({
    verdict: 'indeterminate',
    authentic: false,
    evidence: 'nras',
    anchors: 'custom',
    revocation: 'unchecked',
    at: '2025-06-11T00:31:58Z',
  });
  expect(result.checks.map(({ id, outcome }) => [id, outcome])).toEqual([
    ['nras.clock', 'pass'],
    ['nras.eat.format', 'pass'],
    ['nras.eat.algorithm', 'pass'],
    ['nras.eat.signature', 'unresolved'],
    ['nras.devices.signature', 'unresolved'],
    ['nras.eat.issuer', 'pass'],
    ['nras.eat.validity', 'pass'],
    ['nras.eat.digests', 'pass'],
    ['nras.eat.nonce', 'pass'],
    ['nras.devices.nonce', 'pass'],
    ['nras.eat.result', 'pass'],
    ['nras.devices.result', 'pass'],
    ['nras.devices.set', 'pass'],
  ]);
  const { 'GPU-0': device } = JSON.parse(new TextDecoder().decode(read('claims.json')));
  const claims = {
    issuer: 'https://nras.attestation.nvidia.com',
    subject: 'NVIDIA-PLATFORM-ATTESTATION',
    jti: 'b872dc4f-ec09-4819-a1c2-577ff6b2404c',
    iat: 1749601858,
    nbf: 1749601858,
    exp: 1749605458,
    eatNonce: NONCE,
    version: '3.0',
    overallResult: true,
    algorithm: 'ES384',
    kid: KID,
    submodDigest: DIGEST,
    digestLabel: 'SHA-256',
    devices: [
      {
        name: 'GPU-0',
        ueid: UEID,
        hwmodel: 'GH100 A01 GSP BROM',
        measres: 'success',
        driverVersion: '550.90.07',
        vbiosVersion: '96.00.9F.00.01',
        secboot: true,
        dbgstat: 'disabled',
        algorithm: 'ES384',
        kid: KID,
        submodDigest: DIGEST,
        digestLabel: 'SHA-256',
        claims: device,
      },
    ],
  };
  expect(result.claims).toEqual({
    ...claims,
    covers: '1 of 1',
    jwks: 'missing',
    freshness: 'checked',
  });
  expect(looksLikeNrasEat(eat)).toBe(true);
  expect(nrasClaims(eat)).toEqual(claims);
});

it.skipIf(folder === undefined)('a genuine statement and a set without its key', () => {
  const eat = read('eat.json');
  const result = verifyNras({ eat, jwks: jwks(KEY.jwk), at: Date.UTC(2025, 5, 11, 0, 31, 58) });
  expect(result).toMatchObject({ verdict: 'indeterminate', authentic: false });
  const open = result.checks.filter(({ outcome }) => outcome !== 'pass');
  expect(open).toEqual([
    expect.objectContaining({ id: 'nras.eat.signature', because: expect.stringContaining(KID) }),
    expect.objectContaining({ id: 'nras.devices.signature', outcome: 'unresolved' }),
  ]);
});

it.skipIf(folder === undefined)('a genuine statement under a key of another by that name', () => {
  const given = { eat: read('eat.json'), jwks: jwks({ ...KEY.jwk, kid: KID }) };
  const result = verifyNras({ ...given, at: Date.UTC(2025, 5, 11, 0, 31, 58) });
  expect(result.verdict).toBe('reject');
  expect(result.checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id)).toEqual([
    'nras.eat.signature',
    'nras.devices.signature',
  ]);
});
