import { toHex } from '../core/bytes/hex.ts';
import { toBase64 } from '../core/encoding/base64.ts';
import { guestPolicy } from '../evidence/snp/guest-policy.ts';
import { amdKeyDigest } from '../evidence/snp/measure/amd-public-key.ts';
import { makeIdAuth } from '../evidence/snp/measure/id-auth.ts';
import { DEFAULT_GUEST_POLICY, encodeIdBlock } from '../evidence/snp/measure/id-block.ts';
import { readWholeNumber } from './input.ts';
import { type Io, usage, warn } from './io.ts';
import { readP384Key } from './p384-key-file.ts';
import { printJson } from './render.ts';
import { readHex, readHexNumber } from './snp-measure-input.ts';
import type { Args, Verb } from './verb.ts';
import { writeFiles } from './write-files.ts';

export const snpIdBlockVerb: Verb = {
  name: 'snp id-block',
  summary: 'Make an SEV-SNP ID block and have it signed, so that only this image launches.',
  operands: '',
  arity: { min: 0, max: 0 },
  options: {
    measurement: { value: '<hex>', help: 'launch digest, as postern snp measure prints it' },
    'id-key': { value: '<pem>', help: 'P-384 private key that signs the block' },
    'author-key': { value: '<pem>', help: 'P-384 private key that vouches for the ID key' },
    'family-id': { value: '<hex>', help: '16 bytes; zeros by default' },
    'image-id': { value: '<hex>', help: '16 bytes; zeros by default' },
    'guest-svn': { value: '<n>', help: '0 by default' },
    policy: {
      value: '<hex>',
      help: 'guest policy that it must be launched with; 30000 by default',
    },
    out: { value: '<dir>', help: 'write id-block.bin and id-auth.bin there' },
  },
  notes: [
    'Prints both in base64, as QEMU wants them (-object sev-snp-guest,id-block=…,id-auth=…; with an author key also author-key-enabled=on), and the digests of the keys, as reports will have them.',
  ],
  run: async (io, args) => {
    const { idBlock, idAuth, idKey, author } = await make(io, args);
    const dir = args.one('out');
    if (dir !== undefined) {
      await writeFiles(dir, { 'id-block.bin': idBlock, 'id-auth.bin': idAuth });
    }
    const made = {
      idBlock: toBase64(idBlock),
      idAuth: toBase64(idAuth),
      idKeyDigest: toHex(amdKeyDigest(idKey.publicKey)),
      authorKeyDigest: author ? toHex(amdKeyDigest(author.publicKey)) : null,
    };
    if (args.has('json')) {
      printJson(io, made);
    } else {
      io.out(`id-block=${made.idBlock}\nid-auth=${made.idAuth}\n`);
      io.out(`ID key digest ${made.idKeyDigest}\n`);
      if (made.authorKeyDigest !== null) io.out(`author key digest ${made.authorKeyDigest}\n`);
    }
    return 0;
  },
};

async function make(io: Io, args: Args) {
  const launchDigest = readHex(args, 'measurement', 48);
  if (launchDigest === undefined) throw usage('--measurement is missing');
  const keyPath = args.one('id-key');
  if (keyPath === undefined) throw usage('--id-key is missing');
  const authorPath = args.one('author-key');
  const idBlock = encodeIdBlock({
    launchDigest,
    familyId: readHex(args, 'family-id', 16) ?? new Uint8Array(16),
    imageId: readHex(args, 'image-id', 16) ?? new Uint8Array(16),
    guestSvn: readWholeNumber(args, 'guest-svn') ?? 0,
    policy: readPolicy(io, args),
  });
  const idKey = await readP384Key(io, keyPath, 'id-key');
  const author =
    authorPath === undefined ? undefined : await readP384Key(io, authorPath, 'author-key');
  return { idBlock, idAuth: makeIdAuth(idBlock, idKey, author), idKey, author };
}

/** @throws Fault `usage` for one that no firmware launches. */
function readPolicy(io: Io, args: Args): bigint {
  const policy = readHexNumber(args, 'policy', 16) ?? DEFAULT_GUEST_POLICY;
  const { bit17, unknown, flags } = guestPolicy(policy);
  if (!bit17) throw usage('--policy: bit 17 must be set, as in every guest policy');
  if (unknown.length > 0) throw usage(`--policy: unknown bit ${unknown.join(', ')}`);
  if (flags.debug) warn(io, '--policy allows DEBUG: the host can read such a guest');
  if (flags.migrateMa) warn(io, '--policy allows MIGRATE_MA: a migration agent can take the guest');
  return policy;
}
