import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { attestationKey } from '../../../src/evidence/vtpm/attestation-key.ts';
import { parseRuntimeData } from '../../../src/evidence/vtpm/runtime-data.ts';
import { faultOf } from '../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { AK, jwk, OTHER_AK, rsaKey, runtimeJson, USER_DATA } from '../../support/tpm.ts';
import { asView } from '../../support/view.ts';

const ak = jwk('HCLAkPub', AK, 'sign');

describe('reads', () => {
  it('every member', () => {
    const runtime = parseRuntimeData(runtimeJson());
    expect(runtime).toEqual({
      ak: {
        modulus: new Uint8Array(Buffer.from(AK.jwk.n, 'base64url')),
        exponent: Uint8Array.of(1, 0, 1),
        keyOps: ['sign'],
      },
      ek: expect.objectContaining({ keyOps: ['encrypt'] }),
      otherKeys: [],
      vmConfiguration: { 'secure-boot': true, vmUniqueId: '7DF7B373-B947-4AAA-96E5-C358F2A03D20' },
      userData: USER_DATA,
    });
  });

  it('an attestation key alone, as older paravisors give it', () => {
    const json = runtimeJson({
      keys: [jwk('HCLAkPub', AK, 'encrypt')],
      'vm-configuration': undefined,
      'user-data': undefined,
    });
    expect(parseRuntimeData(json)).toMatchObject({
      ak: { keyOps: ['encrypt'] },
      ek: undefined,
      vmConfiguration: undefined,
      userData: undefined,
    });
  });

  it('user data in lower case', () => {
    const json = runtimeJson({ 'user-data': 'ab'.repeat(64) });
    expect(parseRuntimeData(json).userData).toEqual(new Uint8Array(64).fill(0xab));
  });

  it('names of keys it knows nothing of, and nothing else of them', () => {
    const keys = [ak, { kid: 'HCLTransferKey', kty: 'EC', n: 7 }];
    expect(parseRuntimeData(runtimeJson({ keys })).otherKeys).toEqual(['HCLTransferKey']);
  });

  it('members that newer paravisors may add', () => {
    expect(parseRuntimeData(runtimeJson({ more: [1] }))).toEqual(parseRuntimeData(runtimeJson()));
  });

  it('the same out of a larger buffer', () => {
    expect(parseRuntimeData(asView(runtimeJson()))).toEqual(parseRuntimeData(runtimeJson()));
  });
});

describe('refuses', () => {
  it.each([
    ['nothing', new Uint8Array(), 'runtime'],
    ['an array', utf8('[]'), 'runtime'],
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'runtime'],
    ['text after the JSON', concatBytes(runtimeJson(), utf8('{}')), 'runtime'],
    ['no keys', runtimeJson({ keys: undefined }), 'runtime.keys'],
    ['a list of keys twice', utf8('{"keys":[],"keys":[]}'), 'runtime'],
    ['two attestation keys', runtimeJson({ keys: [ak, ak] }), 'runtime.keys[1].kid'],
    [
      'two endorsement keys',
      runtimeJson({ keys: [jwk('HCLEkPub', AK), ak, jwk('HCLEkPub', OTHER_AK)] }),
      'runtime.keys[2].kid',
    ],
    ['a key without a name', runtimeJson({ keys: [{ ...ak, kid: 1 }] }), 'runtime.keys[0].kid'],
    ['a key that is no object', runtimeJson({ keys: ['HCLAkPub'] }), 'runtime.keys[0]'],
    ['an EC key', runtimeJson({ keys: [{ ...ak, kty: 'EC' }] }), 'runtime.keys[0].kty'],
    ['no modulus', runtimeJson({ keys: [{ ...ak, n: undefined }] }), 'runtime.keys[0].n'],
    ['a padded modulus', runtimeJson({ keys: [{ ...ak, n: `${ak.n}==` }] }), 'runtime.keys[0].n'],
    ['a numeric exponent', runtimeJson({ keys: [{ ...ak, e: 65537 }] }), 'runtime.keys[0].e'],
    ['a use that is no text', runtimeJson({ keys: [{ ...ak, key_ops: [1] }] }), 'key_ops[0]'],
    ['a configuration as text', runtimeJson({ 'vm-configuration': '' }), 'vm-configuration'],
    ['short user data', runtimeJson({ 'user-data': '00' }), 'runtime.user-data'],
    ['user data of 65 bytes', runtimeJson({ 'user-data': '00'.repeat(65) }), 'runtime.user-data'],
    ['user data in base64', runtimeJson({ 'user-data': 'A-'.repeat(64) }), 'runtime.user-data'],
    ['user data of null', runtimeJson({ 'user-data': null }), 'runtime.user-data'],
  ])('%s', (_, json, at) => {
    const fault = faultOf(() => parseRuntimeData(json));
    expect(fault.code).toBe('malformed');
    expect(fault.at.endsWith(at)).toBe(true);
  });
});

describe('the attestation key', () => {
  const from = (keys: readonly object[]) => attestationKey(parseRuntimeData(runtimeJson({ keys })));
  const modulus = Buffer.from(ak.n, 'base64url');
  const n = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

  it('has the size of its modulus', () => {
    expect(from([ak])).toMatchObject({ size: 256 });
    expect(from([jwk('HCLAkPub', rsaKey(3072))])).toMatchObject({ size: 384 });
  });

  it.each([
    ['there is none', []],
    ['there is only an endorsement key', [jwk('HCLEkPub', AK)]],
    ['its name is written otherwise', [jwk('hclakpub', AK)]],
    ['it has 1024 bits', [jwk('HCLAkPub', rsaKey(1024))]],
    ['its modulus begins with zero', [{ ...ak, n: n(concatBytes(new Uint8Array(1), modulus)) }]],
    ['its modulus is empty', [{ ...ak, n: '' }]],
    ['its modulus is even', [{ ...ak, n: n(new Uint8Array(modulus).with(255, 2)) }]],
    ['its exponent is 1', [{ ...ak, e: 'AQ' }]],
    ['its exponent is 3', [{ ...ak, e: 'Aw' }]],
  ])('is refused when %s', (_, keys) => {
    expect(from(keys)).toMatchObject({ want: expect.any(String), got: expect.any(String) });
  });
});

fuzz('refuses damage, or reads what is there', damaged(runtimeJson()), (bytes) => {
  const runtime = orRefused(() => parseRuntimeData(bytes));
  if (runtime === undefined) return;
  const json = JSON.parse(new TextDecoder().decode(bytes));
  expect(runtime.otherKeys.length + (runtime.ak ? 1 : 0) + (runtime.ek ? 1 : 0)).toBe(
    json.keys.length,
  );
  expect(runtime.userData?.length ?? 64).toBe(64);
});
