import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { fromPem } from '../../../../src/core/encoding/pem.ts';
import {
  amdKeyDigest,
  encodeAmdPublicKey,
  parseAmdPublicKey,
} from '../../../../src/evidence/snp/measure/amd-public-key.ts';
import { makeIdAuth, parseIdAuth } from '../../../../src/evidence/snp/measure/id-auth.ts';
import {
  encodeIdBlock,
  type IdBlock,
  parseIdBlock,
} from '../../../../src/evidence/snp/measure/id-block.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../../support/fuzz.ts';
import { hex } from '../../../support/hex.ts';
import { vectorsFolder } from '../../../support/vectors.ts';
import { asView } from '../../../support/view.ts';
import { signerOf } from './build.ts';

const block: IdBlock = {
  launchDigest: new Uint8Array(48).fill(1),
  familyId: new Uint8Array(16).fill(2),
  imageId: new Uint8Array(16).fill(3),
  guestSvn: 0x01020304,
  policy: 0x30000n,
};
const bytes = encodeIdBlock(block);
const [idKey, author] = [signerOf('id'), signerOf('author')];
const auth = makeIdAuth(bytes, idKey, author);

describe('an ID block', () => {
  it('is written field by field, and read back', () => {
    const text = `${'01'.repeat(48)}${'02'.repeat(16)}${'03'.repeat(16)}`;
    expect(toHex(bytes)).toBe(`${text}01000000040302010000030000000000`);
    expect(parseIdBlock(bytes)).toEqual(block);
    expect(parseIdBlock(asView(bytes))).toEqual(block);
  });

  it.each([
    { name: 'nothing', bytes: new Uint8Array(), code: 'malformed', at: 'id_block.ld' },
    {
      name: 'one byte short',
      bytes: bytes.subarray(0, 95),
      code: 'malformed',
      at: 'id_block.policy',
    },
    {
      name: 'one byte long',
      bytes: concatBytes(bytes, Uint8Array.of(0)),
      code: 'malformed',
      at: 'id_block',
    },
    { name: 'version 2', bytes: bytes.with(0x50, 2), code: 'unsupported', at: 'id_block.version' },
  ])('is not read out of $name', ({ bytes, code, at }) => {
    expect(faultOf(() => parseIdBlock(bytes))).toMatchObject({ code, at });
  });

  it.each<{ at: string; wrong: Partial<IdBlock> }>([
    { at: 'id_block.ld', wrong: { launchDigest: new Uint8Array(32) } },
    { at: 'id_block.family_id', wrong: { familyId: new Uint8Array(17) } },
    { at: 'id_block.image_id', wrong: { imageId: new Uint8Array() } },
    { at: 'id_block.guest_svn', wrong: { guestSvn: 2 ** 32 } },
    { at: 'id_block.guest_svn', wrong: { guestSvn: -1 } },
    { at: 'id_block.policy', wrong: { policy: 2n ** 64n } },
    { at: 'id_block.policy', wrong: { policy: -1n } },
  ])('is not made with a wrong $at', ({ at, wrong }) => {
    expect(faultOf(() => encodeIdBlock({ ...block, ...wrong }))).toMatchObject({
      code: 'usage',
      at,
    });
  });
});

describe('a key in AMD’s form', () => {
  const key = encodeAmdPublicKey(idKey.publicKey);

  it('is 0x404 bytes, little-endian, and read back', () => {
    expect(key).toHaveLength(0x404);
    expect(toHex(key.subarray(0, 4))).toBe('02000000');
    expect(key[4]).toBe(idKey.publicKey[47]);
    expect(key[0x4c]).toBe(idKey.publicKey[95]);
    expect(parseAmdPublicKey(key, 'key')).toEqual(idKey.publicKey);
    expect(parseAmdPublicKey(asView(key), 'key')).toEqual(idKey.publicKey);
  });

  it.each([
    { name: 'curve P-256', bytes: key.with(0, 1), at: 'key.curve' },
    { name: 'QX above 48 bytes', bytes: key.with(4 + 48, 1), at: 'key.qx' },
    { name: 'QY above 48 bytes', bytes: key.with(0x4c + 71, 1), at: 'key.qy' },
    { name: 'the first reserved byte', bytes: key.with(0x94, 1), at: 'key.reserved' },
    { name: 'the last reserved byte', bytes: key.with(0x403, 1), at: 'key.reserved' },
    { name: 'one byte short', bytes: key.subarray(1), at: 'key.curve' },
    { name: 'one byte long', bytes: concatBytes(key, Uint8Array.of(0)), at: 'key' },
  ])('is refused for $name', ({ bytes, at }) => {
    expect(faultOf(() => parseAmdPublicKey(bytes, 'key'))).toMatchObject({ code: 'malformed', at });
  });
});

describe('ID authentication information', () => {
  it('has everything in its place', () => {
    expect(auth).toHaveLength(4096);
    expect(toHex(auth.subarray(0, 8))).toBe('0100000001000000');
    const parsed = parseIdAuth(auth);
    expect(parsed.blockSignature).toEqual(auth.subarray(0x40, 0x240));
    expect(parsed.idKey).toEqual(encodeAmdPublicKey(idKey.publicKey));
    expect(parsed.author?.idKeySignature).toEqual(auth.subarray(0x680, 0x880));
    expect(parsed.author?.key).toEqual(encodeAmdPublicKey(author.publicKey));
    expect(parseIdAuth(asView(auth))).toEqual(parsed);
  });

  it('may do without an author', () => {
    const alone = makeIdAuth(bytes, idKey);
    expect(alone).toHaveLength(4096);
    expect(parseIdAuth(alone).author).toBeUndefined();
    expect(parseIdAuth(alone.with(4, 0)).author).toBeUndefined();
  });

  it.each([
    { name: 'nothing', bytes: new Uint8Array(), code: 'malformed', at: 'id_auth.id_key_algo' },
    {
      name: 'ID key algorithm 0',
      bytes: auth.with(0, 0),
      code: 'unsupported',
      at: 'id_auth.id_key_algo',
    },
    {
      name: 'ID key algorithm 2',
      bytes: auth.with(0, 2),
      code: 'unsupported',
      at: 'id_auth.id_key_algo',
    },
    {
      name: 'author algorithm 0',
      bytes: auth.with(4, 0),
      code: 'unsupported',
      at: 'id_auth.auth_key_algo',
    },
    {
      name: 'author algorithm 2 without author',
      bytes: makeIdAuth(bytes, idKey).with(4, 2),
      code: 'unsupported',
      at: 'id_auth.auth_key_algo',
    },
    {
      name: 'byte 0x008',
      bytes: auth.with(0x008, 1),
      code: 'malformed',
      at: 'id_auth.reserved_008',
    },
    {
      name: 'byte 0x03f',
      bytes: auth.with(0x03f, 1),
      code: 'malformed',
      at: 'id_auth.reserved_008',
    },
    {
      name: 'byte 0x644',
      bytes: auth.with(0x644, 1),
      code: 'malformed',
      at: 'id_auth.reserved_644',
    },
    {
      name: 'byte 0x67f',
      bytes: auth.with(0x67f, 1),
      code: 'malformed',
      at: 'id_auth.reserved_644',
    },
    {
      name: 'byte 0xc84',
      bytes: auth.with(0xc84, 1),
      code: 'malformed',
      at: 'id_auth.reserved_c84',
    },
    {
      name: 'byte 0xfff',
      bytes: auth.with(0xfff, 1),
      code: 'malformed',
      at: 'id_auth.reserved_c84',
    },
    {
      name: 'one byte short',
      bytes: auth.subarray(0, 4095),
      code: 'malformed',
      at: 'id_auth.reserved_c84',
    },
    {
      name: 'one byte long',
      bytes: concatBytes(auth, Uint8Array.of(0)),
      code: 'malformed',
      at: 'id_auth',
    },
  ])('is refused for $name', ({ bytes, code, at }) => {
    expect(faultOf(() => parseIdAuth(bytes))).toMatchObject({ code, at });
  });
});

fuzz(
  'damage to a key is refused with a Fault',
  damaged(encodeAmdPublicKey(idKey.publicKey)),
  (damagedKey) => {
    const point = orRefused(() => parseAmdPublicKey(damagedKey, 'key'));
    // What is accepted has one form only.
    if (point) expect(encodeAmdPublicKey(point)).toEqual(damagedKey);
  },
);

const folder = vectorsFolder('snp');

describe.skipIf(folder === undefined)('the published ID block', () => {
  const file = (name: string) => readFileSync(join(folder ?? '', 'measurement', name), 'utf8');
  const point = (name: string) =>
    (fromPem(file(name), 'PUBLIC KEY', name)[0] ?? new Uint8Array()).subarray(-96);

  it('is made byte for byte, and both keys have their digests', () => {
    const vector = JSON.parse(file('id-block.json'));
    const made = encodeIdBlock({
      launchDigest: hex(vector.launchDigest),
      familyId: new Uint8Array(16),
      imageId: new Uint8Array(16),
      guestSvn: 0,
      policy: 0x30000n,
    });
    expect({
      launchDigest: toHex(parseIdBlock(made).launchDigest),
      idBlock: toHex(made),
      idKeyDigest: toHex(amdKeyDigest(point('id-key-pub.pem'))),
      authorKeyDigest: toHex(amdKeyDigest(point('author-key-pub.pem'))),
    }).toEqual(vector);
  });
});
