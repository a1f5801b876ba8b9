import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { fromPem } from '../../core/encoding/pem.ts';
import { malformed } from '../../core/fault.ts';
import { parsePublicKeyInfo } from '../../core/x509/signed.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { amdKeyDigest } from '../../evidence/snp/measure/amd-public-key.ts';
import { DEFAULT_GUEST_POLICY, encodeIdBlock } from '../../evidence/snp/measure/id-block.ts';
import { conclude } from '../../evidence/verdict.ts';
import type { Runner } from './runner.ts';

const CHECKS = {
  'snp.id_block.bytes': { path: 'vector.idBlock' },
  'snp.id_block.id_key_digest': { path: 'vector.idKeyDigest' },
  'snp.id_block.author_key_digest': { path: 'vector.authorKeyDigest' },
} as const;

const REQUIRED = new Set(Object.keys(CHECKS) as (keyof typeof CHECKS)[]);

/** An ID block with nothing but a launch digest in it, and the digests of two keys. */
export const snpIdBlockRunner: Runner = {
  name: 'SEV-SNP ID block',
  reads: ['vector', 'idKey', 'authorKey'],
  run: async (_, { file }) => {
    const { value } = parseJson(fromUtf8(await file('vector'), 'vector'), 'vector');
    const vector = new JsonShape(value, 'vector');
    const launchDigest = vector.hex('launchDigest', 48);
    const claims = {
      launchDigest: toHex(launchDigest),
      idBlock: toHex(plainBlock(launchDigest)),
      idKeyDigest: toHex(keyDigest(await file('idKey'), 'idKey')),
      authorKeyDigest: toHex(keyDigest(await file('authorKey'), 'authorKey')),
    };
    const checks = new CheckList(CHECKS);
    const compare = (id: keyof typeof CHECKS, name: keyof typeof claims) => {
      const [want, got] = [vector.string(name), claims[name]];
      checks.answer(id, want === got ? undefined : { want, got });
    };
    compare('snp.id_block.bytes', 'idBlock');
    compare('snp.id_block.id_key_digest', 'idKeyDigest');
    compare('snp.id_block.author_key_digest', 'authorKeyDigest');
    return { verdict: conclude(checks.all, REQUIRED), checks: checks.all, claims };
  },
};

function plainBlock(launchDigest: Uint8Array): Uint8Array {
  const [familyId, imageId] = [new Uint8Array(16), new Uint8Array(16)];
  const policy = DEFAULT_GUEST_POLICY;
  return encodeIdBlock({ launchDigest, familyId, imageId, guestSvn: 0, policy });
}

function keyDigest(pem: Uint8Array, role: string): Uint8Array {
  const [der, ...more] = fromPem(fromUtf8(pem, role), 'PUBLIC KEY', role);
  if (der === undefined || more.length > 0) throw malformed(role, 'want one public key');
  const info = parsePublicKeyInfo(der, role);
  if (info.kind !== 'P-384') throw malformed(role, `want a P-384 key, got ${info.kind}`);
  // An uncompressed point is the last thing in the structure, and was found to be one.
  return amdKeyDigest(info.der.subarray(-96));
}
