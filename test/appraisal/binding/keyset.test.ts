import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keysetClaims, keysetDigest, parseKeyset } from '../../../src/appraisal/binding/keyset.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { faultOf } from '../../support/fault-of.ts';
import {
  base64Url,
  ED25519_KEY,
  hybridConfig,
  keysetBytes,
  OHTTP,
  RECEIPT,
  RFC9458_CONFIG,
  SSH,
  TLS,
} from '../../support/keyset.ts';
import { asView } from '../../support/view.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

it('reads every member, and each kind of key', () => {
  const bytes = keysetBytes();
  const keyset = parseKeyset(bytes);
  expect(keyset.validity).toEqual({
    from: Date.UTC(2026, 0, 1),
    to: Date.UTC(2026, 0, 1, 1, 10),
  });
  expect(keysetClaims(keyset)).toEqual({
    keysetSha384: createHash('sha384').update(bytes).digest('hex'),
    deployment: 'pool-a',
    notBefore: '2026-01-01T00:00:00Z',
    notAfter: '2026-01-01T01:10:00Z',
    agentConfigSha256: 'c3'.repeat(32),
    keys: [
      {
        use: 'ohttp',
        keyId: 1,
        kem: '0x0020',
        suites: [
          { kdf: '0x0001', aead: '0x0001' },
          { kdf: '0x0001', aead: '0x0003' },
        ],
        configSha256: sha256(RFC9458_CONFIG),
      },
      { use: 'tls', spkiSha256: 'a1'.repeat(32), host: 'node-1.example' },
      { use: 'ssh-host', algorithm: 'ssh-ed25519', blobSha256: 'b2'.repeat(32) },
      { use: 'receipt', algorithm: 'ed25519', publicKey: toHex(ED25519_KEY) },
    ],
  });
});

it('reads 64 keys', () => {
  const keys = Array.from({ length: 64 }, (_, i) => ({
    ...TLS,
    spki_sha256: i.toString(16).padStart(64, '0'),
  }));
  expect(parseKeyset(keysetBytes({ keys })).keys).toHaveLength(64);
});

it('is its exact bytes: the same meaning in other bytes is another keyset', () => {
  const spaced = concatBytes(keysetBytes(), utf8('\n'));
  expect(keysetDigest(spaced)).not.toEqual(keysetDigest(keysetBytes()));
  expect(parseKeyset(spaced)).toEqual({
    ...parseKeyset(keysetBytes()),
    sha384: keysetDigest(spaced),
  });
});

it('reads the same out of a larger buffer, and keeps nothing of it', () => {
  const view = asView(keysetBytes());
  const keyset = parseKeyset(view);
  view.fill(0);
  expect(keyset).toEqual(parseKeyset(keysetBytes()));
});

describe('refused', () => {
  const keys = (...list: readonly unknown[]) => keysetBytes({ keys: list });
  const hour = '2026-01-01T00:00:00Z';
  const malformed = [
    { name: 'nothing', bytes: new Uint8Array(), at: 'keyset' },
    { name: 'no JSON', bytes: utf8('{'), at: 'keyset' },
    { name: 'a list', bytes: utf8('[]'), at: 'keyset' },
    { name: 'text behind', bytes: concatBytes(keysetBytes(), utf8('{}')), at: 'keyset' },
    { name: 'a byte order mark', bytes: concatBytes(utf8('\ufeff'), keysetBytes()), at: 'keyset' },
    { name: 'no UTF-8', bytes: concatBytes(keysetBytes(), Uint8Array.of(0xff)), at: 'keyset' },
    { name: 'more than 64 KiB', bytes: new Uint8Array(65_537).fill(0x20), at: 'keyset' },
    {
      name: 'a member twice',
      bytes: utf8('{"v":1,"v":1}'),
      at: 'keyset',
    },
    { name: 'an unknown member', bytes: keysetBytes({ note: 'x' }), at: 'keyset' },
    { name: 'a member called __proto__', bytes: utf8('{"v":1,"__proto__":{}}'), at: 'keyset' },
    { name: 'no version', bytes: keysetBytes({ v: undefined }), at: 'keyset.v' },
    { name: 'version 2', bytes: keysetBytes({ v: 2 }), at: 'keyset.v' },
    { name: 'the version as text', bytes: keysetBytes({ v: '1' }), at: 'keyset.v' },
    { name: 'no deployment', bytes: keysetBytes({ deployment: '' }), at: 'keyset.deployment' },
    {
      name: 'a deployment of 129 characters',
      bytes: keysetBytes({ deployment: 'd'.repeat(129) }),
      at: 'keyset.deployment',
    },
    {
      name: 'a space in the deployment',
      bytes: keysetBytes({ deployment: 'pool a' }),
      at: 'keyset.deployment',
    },
    {
      name: 'a line break behind the deployment',
      bytes: keysetBytes({ deployment: 'pool\n' }),
      at: 'keyset.deployment',
    },
    {
      name: 'no end',
      bytes: keysetBytes({ not_after: undefined }),
      at: 'keyset.not_after',
    },
    {
      name: 'a time with an offset',
      bytes: keysetBytes({ not_before: '2026-01-01T00:00:00+00:00' }),
      at: 'keyset.not_before',
    },
    {
      name: 'a day that is none',
      bytes: keysetBytes({ not_before: '2025-02-29T00:00:00Z' }),
      at: 'keyset.not_before',
    },
    {
      name: 'an end that is the beginning',
      bytes: keysetBytes({ not_before: hour, not_after: hour }),
      at: 'keyset.not_after',
    },
    {
      name: 'an end before the beginning',
      bytes: keysetBytes({ not_after: '2025-12-31T23:59:59Z' }),
      at: 'keyset.not_after',
    },
    {
      name: 'a configuration digest in upper case',
      bytes: keysetBytes({ agent_config_sha256: 'C3'.repeat(32) }),
      at: 'keyset.agent_config_sha256',
    },
    {
      name: 'a configuration digest of 31 bytes',
      bytes: keysetBytes({ agent_config_sha256: 'c3'.repeat(31) }),
      at: 'keyset.agent_config_sha256',
    },
    { name: 'no keys', bytes: keys(), at: 'keyset.keys' },
    {
      name: '65 keys',
      bytes: keys(...Array.from({ length: 65 }, () => TLS)),
      at: 'keyset.keys',
    },
    { name: 'a key that is a text', bytes: keys('tls'), at: 'keyset.keys[0]' },
    { name: 'a key without a use', bytes: keys(TLS, {}), at: 'keyset.keys[1].use' },
    { name: 'a use of tomorrow', bytes: keys(TLS, { use: 'wg' }), at: 'keyset.keys[1].use' },
    { name: 'an unknown member of a key', bytes: keys({ ...TLS, n: 1 }), at: 'keyset.keys[0]' },
    { name: 'a member of another use', bytes: keys({ ...TLS, pub: 'x' }), at: 'keyset.keys[0]' },
    {
      name: 'a TLS key without its host',
      bytes: keys({ ...TLS, host: undefined }),
      at: 'keyset.keys[0].host',
    },
    {
      name: 'a TLS host of 254 characters',
      bytes: keys({ ...TLS, host: 'h'.repeat(254) }),
      at: 'keyset.keys[0].host',
    },
    {
      name: 'a TLS digest in upper case',
      bytes: keys({ ...TLS, spki_sha256: 'A1'.repeat(32) }),
      at: 'keyset.keys[0].spki_sha256',
    },
    {
      name: 'an SSH key of a kind nobody uses any more',
      bytes: keys({ ...SSH, alg: 'ssh-dss' }),
      at: 'keyset.keys[0].alg',
    },
    {
      name: 'an SSH digest cut short',
      bytes: keys({ ...SSH, blob_sha256: 'b2' }),
      at: 'keyset.keys[0].blob_sha256',
    },
    {
      name: 'a receipt key of another algorithm',
      bytes: keys({ ...RECEIPT, alg: 'ed448' }),
      at: 'keyset.keys[0].alg',
    },
    {
      name: 'a receipt key of 31 bytes',
      bytes: keys({ ...RECEIPT, pub: base64Url(ED25519_KEY.subarray(1)) }),
      at: 'keyset.keys[0].pub',
    },
    {
      name: 'a receipt key with padding',
      bytes: keys({ ...RECEIPT, pub: `${RECEIPT.pub}=` }),
      at: 'keyset.keys[0].pub',
    },
    {
      name: 'an empty OHTTP configuration',
      bytes: keys({ ...OHTTP, config: '' }),
      at: 'keyset.keys[0].config',
    },
    {
      name: 'an OHTTP configuration cut short',
      bytes: keys({ ...OHTTP, config: base64Url(RFC9458_CONFIG.subarray(0, 40)) }),
      at: 'keyset.keys[0].config.symmetric_algorithms[0].aead',
    },
    {
      name: 'an OHTTP configuration larger than any',
      bytes: keys({ ...OHTTP, config: base64Url(new Uint8Array(1401)) }),
      at: 'keyset.keys[0].config',
    },
  ];
  it.each(malformed)('$name', ({ bytes, at }) => {
    expect(faultOf(() => parseKeyset(bytes))).toMatchObject({ code: 'malformed', at });
  });

  it('an OHTTP key of an unknown KEM, as unsupported', () => {
    const config = base64Url(RFC9458_CONFIG.with(2, 0x21));
    expect(faultOf(() => parseKeyset(keys({ ...OHTTP, config })))).toMatchObject({
      code: 'unsupported',
      at: 'keyset.keys[0].config.kem',
    });
  });
});

describe('one key in two places is refused', () => {
  /** The Ed25519 receipt key as TLS and SSH would show it. */
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), ED25519_KEY]);
  const blob = Buffer.concat([
    Buffer.from('0000000b', 'hex'),
    Buffer.from('ssh-ed25519'),
    Buffer.from('00000020', 'hex'),
    ED25519_KEY,
  ]);
  const asOhttp = Buffer.concat([
    RFC9458_CONFIG.subarray(0, 3),
    ED25519_KEY,
    RFC9458_CONFIG.subarray(35),
  ]);
  it.each([
    { name: 'the same entry twice', keys: [TLS, TLS] },
    { name: 'a TLS key under two hosts', keys: [TLS, { ...TLS, host: 'node-2.example' }] },
    { name: 'an SSH key as two kinds', keys: [SSH, { ...SSH, alg: 'ecdsa-sha2-nistp256' }] },
    { name: 'a receipt key twice', keys: [RECEIPT, RECEIPT] },
    {
      name: 'an OHTTP key under two ids',
      keys: [OHTTP, { ...OHTTP, config: base64Url(RFC9458_CONFIG.with(0, 9)) }],
    },
    {
      name: 'an OHTTP id for two keys',
      keys: [OHTTP, { ...OHTTP, config: base64Url(hybridConfig(1)) }],
    },
    { name: 'the receipt key as TLS key', keys: [RECEIPT, { ...TLS, spki_sha256: sha256(spki) }] },
    {
      name: 'the TLS key as receipt key',
      keys: [{ ...TLS, spki_sha256: sha256(spki) }, RECEIPT],
    },
    {
      name: 'the receipt key as SSH host key',
      keys: [RECEIPT, { ...SSH, blob_sha256: sha256(blob) }],
    },
    {
      name: 'the bytes of the receipt key on another curve',
      keys: [RECEIPT, { ...OHTTP, config: base64Url(asOhttp) }],
    },
  ])('$name', ({ keys }) => {
    const fault = faultOf(() => parseKeyset(keysetBytes({ keys })));
    expect(fault).toMatchObject({ code: 'malformed', at: 'keyset.keys[1]' });
    expect(fault.detail).toContain('keyset.keys[0]');
  });

  it('and two keys of one kind are not', () => {
    const keys = [OHTTP, { ...OHTTP, config: base64Url(hybridConfig(2)) }];
    expect(parseKeyset(keysetBytes({ keys })).keys).toHaveLength(2);
  });
});
