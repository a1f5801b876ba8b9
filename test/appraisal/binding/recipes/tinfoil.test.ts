import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import {
  base64,
  bindingFrom,
  CRYPTO_MATERIAL,
  good,
  NONCE,
  NONCE_BYTES,
  sha256,
} from '../../../support/binding.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { ED25519_KEY } from '../../../support/keyset.ts';

const LABEL = 'https://tinfoil.sh/report-data/v1';
const ZEROS = '00'.repeat(32);

it('v2: the hash of the TLS key, then the HPKE key', () => {
  const binding = bindingFrom(
    good('tinfoil-v2', { tls_spki_sha256: 'ab'.repeat(32), hpke_public_key: 'cd'.repeat(32) }),
  );
  expect(toHex(binding.reportData)).toBe('ab'.repeat(32) + 'cd'.repeat(32));
  expect(binding).toMatchObject({
    deviceNonce: undefined,
    nonce: undefined,
    binds: ['tls-spki', 'hpke-key'],
    notProven: ['freshness', 'domain-separation', 'device-binding'],
    claims: { tlsSpkiSha256: 'ab'.repeat(32), hpkeKey: 'cd'.repeat(32) },
  });
});

it('v3: the hash of label, nonce, keys and devices', () => {
  const devices = utf8('[{"evidence":"EQ=="}]');
  const binding = bindingFrom(good('tinfoil-v3'), devices);
  const hash = sha256(LABEL, NONCE_BYTES, sha256(CRYPTO_MATERIAL), sha256(devices));
  expect(toHex(binding.reportData)).toBe(hash.toString('hex') + ZEROS);
  expect(binding).toMatchObject({
    deviceNonce: new Uint8Array(NONCE_BYTES),
    nonce: new Uint8Array(NONCE_BYTES),
    binds: ['crypto-material', 'device-evidence', 'tls-spki', 'hpke-key'],
    notProven: [],
    claims: {
      cryptoMaterialSha256: sha256(CRYPTO_MATERIAL).toString('hex'),
      tlsSpkiSha256: 'ab'.repeat(32),
      hpkeKey: 'cd'.repeat(32),
    },
  });
});

const section = (...items: readonly object[]) =>
  utf8(JSON.stringify({ format: 'https://tinfoil.sh/device-evidence/v1', items }));

/** Nonce 00 to 1f, one Ed25519 key and no devices: of Tinfoil's published vectors, the second. */
it('v3: a vector that Tinfoil publishes', () => {
  const spki = `302a300506032b6570032100${toHex(ED25519_KEY)}`;
  const item = { id: 'workload-key', format: 'https://tinfoil.sh/key/spki/v1', data: spki };
  const material = JSON.stringify({
    format: 'https://tinfoil.sh/crypto-material/v1',
    items: [item],
  });
  const binding = bindingFrom({
    recipe: 'tinfoil-v3',
    nonce: toHex(Uint8Array.from({ length: 32 }, (_, i) => i)),
    crypto_material: base64(utf8(material)),
    device_evidence: base64(section()),
  });
  const want = '471c373ed1a81ba6b4f9469e15b61277759d825f28a7415c3de5effb1c80a5e7';
  expect(toHex(binding.reportData)).toBe(want + ZEROS);
  expect(binding.binds).toEqual(['crypto-material', 'device-evidence']);
  expect(binding.claims).toMatchObject({ cryptoMaterial: [item] });
});

describe('v3: a section of devices', () => {
  const gpu = (n: number) => ({ arch: 'HOPPER', certificate: 'LS0=', evidence: `EQ=${n}` });
  const item = (id: string, evidence: unknown, vendor = 'nvidia') => ({
    id,
    kind: 'gpu',
    vendor,
    format: 'https://tinfoil.sh/format/nvidia-gpu-evidence/v1',
    evidence,
  });
  const verify = (bytes: Uint8Array, devices: unknown) =>
    bindingFrom(
      good('tinfoil-v3', { device_evidence: base64(bytes) }),
      devices === undefined ? undefined : utf8(JSON.stringify(devices)),
    );

  it.each([
    { name: 'none', bytes: section(), devices: undefined },
    { name: 'none, and an empty list', bytes: section(), devices: [] },
    {
      name: 'GPUs one by one',
      bytes: section(item('gpu-0', gpu(0)), item('gpu-1', gpu(1))),
      devices: [gpu(0), gpu(1)],
    },
    {
      name: 'switches as NVIDIA’s tool lists them',
      bytes: section(item('gpu-0', gpu(0)), item('switches', { evidences: [gpu(1), gpu(2)] })),
      devices: { evidence_list: [gpu(0), gpu(1), gpu(2)] },
    },
    {
      name: 'members in another order',
      bytes: section(item('gpu-0', gpu(0))),
      devices: [{ evidence: 'EQ=0', certificate: 'LS0=', arch: 'HOPPER' }],
    },
    {
      name: 'a clock, which is no device of NVIDIA’s',
      bytes: section(item('clock', { utc: '…' }, 'tinfoil'), item('gpu-0', gpu(0))),
      devices: [gpu(0)],
    },
  ])('holds $name, and is hashed as it came', ({ bytes, devices }) => {
    const hash = sha256(LABEL, NONCE_BYTES, sha256(CRYPTO_MATERIAL), sha256(bytes));
    expect(toHex(verify(bytes, devices).reportData)).toBe(hash.toString('hex') + ZEROS);
  });

  const two = section(item('gpu-0', gpu(0)), item('gpu-1', gpu(1)));
  it.each([
    { name: 'devices that were left out of it', bytes: section(), devices: [gpu(0)] },
    { name: 'a device that was not shown', bytes: two, devices: [gpu(0)] },
    { name: 'no device shown', bytes: two, devices: undefined },
    { name: 'another device', bytes: two, devices: [gpu(0), gpu(2)] },
    { name: 'devices in another order', bytes: two, devices: [gpu(1), gpu(0)] },
    { name: 'a device with a further member', bytes: two, devices: [gpu(0), { ...gpu(1), x: 1 }] },
  ])('refused with $name', ({ bytes, devices }) => {
    expect(faultOf(() => verify(bytes, devices))).toMatchObject({
      code: 'malformed',
      at: 'binding.device_evidence',
    });
  });

  it('refused with one list to be seen and another behind it', () => {
    const bytes = section(item('gpus', { evidences: [gpu(0)], evidence_list: [gpu(1)] }));
    expect(faultOf(() => verify(bytes, [gpu(0)]))).toMatchObject({
      code: 'malformed',
      at: 'binding.device_evidence.items[0]',
    });
  });

  it.each([
    { name: 'no JSON', bytes: utf8('x'), at: 'binding.device_evidence' },
    { name: 'another format', bytes: CRYPTO_MATERIAL, at: 'binding.device_evidence.format' },
    {
      name: 'an item without a vendor',
      bytes: section({ id: 'gpu-0' }),
      at: 'binding.device_evidence.items[0].vendor',
    },
    {
      name: 'an id twice',
      bytes: section(item('gpu-0', gpu(0)), item('gpu-0', gpu(1))),
      at: 'binding.device_evidence.items',
    },
    {
      name: '33 items',
      bytes: section(...Array.from({ length: 33 }, (_, i) => item(`gpu-${i}`, gpu(i)))),
      at: 'binding.device_evidence.items',
    },
  ])('refused: $name', ({ bytes, at }) => {
    expect(faultOf(() => verify(bytes, []))).toMatchObject({ code: 'malformed', at });
  });
});

describe('refuses', () => {
  const material = (...items: readonly object[]) =>
    base64(utf8(JSON.stringify({ format: 'https://tinfoil.sh/crypto-material/v1', items })));
  const tls = { id: 'tls', format: 'https://tinfoil.sh/key/spki-fp-sha256/v1' };
  it.each([
    { name: 'a nonce in upper case', change: { nonce: NONCE.toUpperCase() }, at: 'nonce' },
    { name: 'keys that are no JSON', change: { crypto_material: 'AAAA' }, at: 'crypto_material' },
    {
      name: 'keys of another format',
      change: { crypto_material: base64(section()) },
      at: 'crypto_material.format',
    },
    {
      name: 'an unknown member of a key',
      change: { crypto_material: material({ ...tls, data: 'ab'.repeat(32), host: 'x' }) },
      at: 'crypto_material.items[0]',
    },
    {
      name: 'two keys of one id',
      change: { crypto_material: material({ ...tls, data: '' }, { ...tls, data: '' }) },
      at: 'crypto_material.items',
    },
    {
      name: 'a TLS key that is no digest',
      change: { crypto_material: material({ ...tls, data: 'AB'.repeat(32) }) },
      at: 'crypto_material.items',
    },
    {
      name: 'more than 64 KiB of keys',
      change: { crypto_material: base64(new Uint8Array(65_537)) },
      at: 'crypto_material',
    },
  ])('v3: $name', ({ change, at }) => {
    expect(faultOf(() => bindingFrom(good('tinfoil-v3', change)))).toMatchObject({
      code: 'malformed',
      at: `binding.${at}`,
    });
  });

  it.each([
    { name: 'a digest in upper case', change: { tls_spki_sha256: 'AB'.repeat(32) } },
    { name: 'a digest of 31 bytes', change: { tls_spki_sha256: 'ab'.repeat(31) } },
  ])('v2: $name', ({ change }) => {
    expect(faultOf(() => bindingFrom(good('tinfoil-v2', change)))).toMatchObject({
      code: 'malformed',
      at: 'binding.tls_spki_sha256',
    });
  });
});
