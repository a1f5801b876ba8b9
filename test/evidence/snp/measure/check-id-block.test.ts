import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { encodeAmdSignature } from '../../../../src/evidence/snp/amd-signature.ts';
import { amdKeyDigest } from '../../../../src/evidence/snp/measure/amd-public-key.ts';
import {
  checkIdBlock,
  type IdBlockInput,
} from '../../../../src/evidence/snp/measure/check-id-block.ts';
import { makeIdAuth } from '../../../../src/evidence/snp/measure/id-auth.ts';
import { encodeIdBlock } from '../../../../src/evidence/snp/measure/id-block.ts';
import { ID_BLOCK_CHECKS } from '../../../../src/evidence/snp/measure/id-block-checks.ts';
import { asView } from '../../../support/view.ts';
import { signerOf } from './build.ts';

const [idKey, author, stranger] = [signerOf('id'), signerOf('author'), signerOf('stranger')];
const measurement = new Uint8Array(48).fill(1);
const familyId = new Uint8Array(16).fill(2);
const imageId = new Uint8Array(16).fill(3);
const idBlock = encodeIdBlock({
  launchDigest: measurement,
  familyId,
  imageId,
  guestSvn: 4,
  policy: 0x30000n,
});
const idAuth = makeIdAuth(idBlock, idKey, author);

const reported = {
  measurement,
  familyId,
  imageId,
  guestSvn: 4,
  policy: 0x30000n,
  idKeyDigest: amdKeyDigest(idKey.publicKey),
  authorKeyDigest: amdKeyDigest(author.publicKey),
};
const good: IdBlockInput = { idBlock, idAuth, ...reported };

function failed(input: IdBlockInput): readonly string[] {
  const { checks } = checkIdBlock(input);
  return checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
}

/** The structure with other bytes from a place on. */
function spliced(at: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(idAuth.subarray(0, at), bytes, idAuth.subarray(at + bytes.length));
}

it('asks every question of a good one, and accepts it', () => {
  const { verdict, checks, claims } = checkIdBlock(good);
  expect(verdict).toBe('accept');
  expect(new Set(checks.map(({ id }) => id))).toEqual(new Set(Object.keys(ID_BLOCK_CHECKS)));
  expect(checks.every(({ outcome }) => outcome === 'pass')).toBe(true);
  expect(claims).toEqual({
    launchDigest: '01'.repeat(48),
    familyId: '02'.repeat(16),
    imageId: '03'.repeat(16),
    guestSvn: 4,
    policy: '0x30000',
    idKeyDigest: toHex(reported.idKeyDigest),
    authorKeyDigest: toHex(reported.authorKeyDigest),
  });
});

it('gives the same answer about views into larger buffers', () => {
  const views = { ...good, idBlock: asView(idBlock), idAuth: asView(idAuth) };
  expect(checkIdBlock(views)).toEqual(checkIdBlock(good));
});

it('accepts one without author, of which it asks nothing', () => {
  const { authorKeyDigest: _, ...rest } = good;
  const { verdict, checks, claims } = checkIdBlock({ ...rest, idAuth: makeIdAuth(idBlock, idKey) });
  expect(verdict).toBe('accept');
  expect(checks.map(({ id }) => id).filter((id) => id.includes('author'))).toEqual([]);
  expect(claims['authorKeyDigest']).toBeNull();
});

it('compares nothing that is not given', () => {
  expect(checkIdBlock({ idBlock, idAuth }).checks).toHaveLength(8);
});

describe('fails in exactly one check for', () => {
  const other = new Uint8Array(48).fill(9);
  it.each<{ name: string; input: Partial<IdBlockInput>; id: string }>([
    { name: 'another measurement', input: { measurement: other }, id: 'measurement' },
    { name: 'another family', input: { familyId: imageId }, id: 'family_id' },
    { name: 'another image', input: { imageId: familyId }, id: 'image_id' },
    { name: 'another SVN', input: { guestSvn: 3 }, id: 'guest_svn' },
    { name: 'another policy', input: { policy: 0xb0000n }, id: 'policy' },
    {
      name: 'a report without ID key',
      input: { idKeyDigest: new Uint8Array(48) },
      id: 'id_key_digest',
    },
    { name: 'another author', input: { authorKeyDigest: other }, id: 'author_key_digest' },
    {
      name: 'a reported author where there is none',
      input: { idAuth: makeIdAuth(idBlock, idKey) },
      id: 'author_key_digest',
    },
    {
      name: 'a block that somebody else signed',
      input: { idAuth: makeIdAuth(idBlock, { ...idKey, sign: stranger.sign }, author) },
      id: 'signature',
    },
    {
      name: 'an ID key that somebody else vouches for',
      input: { idAuth: makeIdAuth(idBlock, idKey, { ...author, sign: stranger.sign }) },
      id: 'id_key_signature',
    },
    {
      name: 'a signature of another block',
      input: { idAuth: makeIdAuth(idBlock.with(0, 9), idKey, author) },
      id: 'signature',
    },
    {
      name: 'a byte above R',
      input: { idAuth: idAuth.with(0x40 + 48, 1) },
      id: 'signature_format',
    },
    {
      name: 'an R out of range',
      input: { idAuth: spliced(0x40, encodeAmdSignature(new Uint8Array(96).fill(0xff))) },
      id: 'signature_format',
    },
    {
      name: 'a byte behind the author’s signature',
      input: { idAuth: idAuth.with(0x680 + 511, 1) },
      id: 'id_key_signature_format',
    },
    { name: 'a reserved byte', input: { idAuth: idAuth.with(0x008, 1) }, id: 'auth_format' },
    { name: 'an unknown algorithm', input: { idAuth: idAuth.with(0, 2) }, id: 'auth_format' },
    { name: 'half a structure', input: { idAuth: idAuth.subarray(0, 2048) }, id: 'auth_format' },
  ])('$name', ({ input, id }) => {
    expect(failed({ ...good, ...input })).toEqual([`snp.id_block.${id}`]);
    expect(checkIdBlock({ ...good, ...input }).verdict).toBe('reject');
  });

  it('an author key off the curve', () => {
    const { authorKeyDigest: _, ...rest } = good;
    const x = (idAuth[0x884] ?? 0) ^ 1;
    expect(failed({ ...rest, idAuth: idAuth.with(0x884, x) })).toEqual(['snp.id_block.author_key']);
  });
});

it('an ID key off the curve fails, and so does what was signed about it', () => {
  const bent = idAuth.with(0x244, (idAuth[0x244] ?? 0) ^ 1);
  expect(failed({ idBlock, idAuth: bent })).toEqual([
    'snp.id_block.id_key',
    'snp.id_block.id_key_signature',
  ]);
});

it('a version that it does not know leaves the signature in order, and the rest uncompared', () => {
  const later = idBlock.with(0x50, 2);
  const input = { ...good, idBlock: later, idAuth: makeIdAuth(later, idKey, author) };
  expect(failed(input)).toEqual(['snp.id_block.format']);
  expect(checkIdBlock(input).claims).not.toHaveProperty('launchDigest');
});

it('a high S is as good: ECDSA has both, and firmware does not mind', () => {
  const order = BigInt(
    '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  );
  const turned = (message: Uint8Array) => {
    const signature = idKey.sign(message);
    const s = order - BigInt(`0x${toHex(signature.subarray(48))}`);
    const digits = s.toString(16).padStart(96, '0').match(/../g) ?? [];
    return Uint8Array.of(
      ...signature.subarray(0, 48),
      ...digits.map((d) => Number.parseInt(d, 16)),
    );
  };
  const both = [idKey.sign, turned].map((sign) => makeIdAuth(idBlock, { ...idKey, sign }, author));
  expect(both.map((auth) => failed({ ...good, idAuth: auth }))).toEqual([[], []]);
});
