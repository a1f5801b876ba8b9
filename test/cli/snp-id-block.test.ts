import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { snpCheckIdBlockVerb } from '../../src/cli/snp-check-id-block.ts';
import { snpIdBlockVerb } from '../../src/cli/snp-id-block.ts';
import { fromHex, toHex } from '../../src/core/bytes/hex.ts';
import { fromBase64 } from '../../src/core/encoding/base64.ts';
import { amdKeyDigest } from '../../src/evidence/snp/measure/amd-public-key.ts';
import { parseIdBlock } from '../../src/evidence/snp/measure/id-block.ts';
import { emptyFolder } from '../endorsements/world.ts';
import { jsonOf } from './fake-io.ts';
import { reportOf, runVerb } from './snp-verb.ts';

function keyPair(namedCurve: string, type: 'pkcs8' | 'sec1' = 'pkcs8') {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return {
    pem: privateKey.export({ format: 'pem', type }).toString(),
    public: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    digest: toHex(amdKeyDigest(new Uint8Array(spki.subarray(-96)))),
  };
}

const [idKey, author] = [keyPair('P-384'), keyPair('P-384', 'sec1')];
const keys = {
  'id.pem': idKey.pem,
  'author.pem': author.pem,
  'p256.pem': keyPair('P-256').pem,
  'public.pem': idKey.public,
  'secret.txt': 'a password that must not be quoted',
};
const measurement = 'ab'.repeat(48);
const USUAL = ['--measurement', measurement, '--id-key', 'id.pem'];

const make = (argv: readonly string[]) => runVerb(snpIdBlockVerb, argv, keys);

interface Made {
  readonly idBlock: string;
  readonly idAuth: string;
  readonly idKeyDigest: string;
  readonly authorKeyDigest: string | null;
}

async function made(argv: readonly string[]): Promise<Made> {
  return jsonOf(await make([...argv, '--json'])) as unknown as Made;
}

describe('snp id-block', () => {
  it('makes a block of what is given', async () => {
    const { idBlock } = await made([
      ...[...USUAL, '--family-id', '01'.repeat(16), '--image-id', '02'.repeat(16)],
      ...['--guest-svn', '7', '--policy', '0xb0000'],
    ]);
    const block = parseIdBlock(fromBase64(idBlock, 'id-block'));
    expect(toHex(block.launchDigest)).toBe(measurement);
    expect([toHex(block.familyId), toHex(block.imageId)]).toEqual([
      '01'.repeat(16),
      '02'.repeat(16),
    ]);
    expect([block.guestSvn, block.policy]).toEqual([7, 0xb0000n]);
  });

  it.each([
    ['DEBUG', '0xb0000', /^postern: --policy allows DEBUG: [^\n]*\n$/],
    ['MIGRATE_MA', '0x70000', /^postern: --policy allows MIGRATE_MA: [^\n]*\n$/],
    ['both', '0xe0000', /^postern: [^\n]*DEBUG[^\n]*\npostern: [^\n]*MIGRATE_MA[^\n]*\n$/],
    ['every other bit there is', '0x3f3ffff', /^$/],
  ])('warns of a policy that gives the guest away: %s', async (_, policy, says) => {
    const { exit, err } = await make([...USUAL, '--policy', policy]);
    expect(exit).toBe(0);
    expect(err).toMatch(says);
  });

  it('prints base64 and the digests of the keys', async () => {
    const { exit, out } = await make([...USUAL, '--author-key', 'author.pem']);
    expect(exit).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe(
      `id-block=${Buffer.from(`${measurement}${'00'.repeat(32)}01000000000000000000030000000000`, 'hex').toString('base64')}`,
    );
    expect(lines[1]).toMatch(/^id-auth=[A-Za-z0-9+/]{5462}==$/);
    expect(lines.slice(2)).toEqual([
      `ID key digest ${idKey.digest}`,
      `author key digest ${author.digest}`,
      '',
    ]);
  });

  it('writes files', async () => {
    const dir = join(await emptyFolder(), 'new');
    const { idBlock, idAuth, authorKeyDigest } = await made([...USUAL, '--out', dir]);
    expect(authorKeyDigest).toBeNull();
    for (const [file, text] of [
      ['id-block.bin', idBlock],
      ['id-auth.bin', idAuth],
    ] as const) {
      expect((await readFile(join(dir, file))).toString('base64')).toBe(text);
    }
  });

  it.each([
    { name: 'no measurement', argv: USUAL.slice(2), exit: 64, err: '--measurement' },
    { name: 'no key', argv: USUAL.slice(0, 2), exit: 64, err: '--id-key is missing' },
    {
      name: 'a P-256 key',
      argv: [...USUAL.slice(0, 3), 'p256.pem'],
      exit: 64,
      err: '--id-key: want a P-384',
    },
    {
      name: 'a public key',
      argv: [...USUAL.slice(0, 3), 'public.pem'],
      exit: 64,
      err: '--id-key: want a P-384',
    },
    {
      name: 'no key in the file',
      argv: [...USUAL, '--author-key', 'secret.txt'],
      exit: 64,
      err: '--author-key: want a P-384',
    },
    {
      name: 'a short family',
      argv: [...USUAL, '--family-id', '01'],
      exit: 64,
      err: '--family-id: want 16 bytes',
    },
    {
      name: 'an SVN above 32 bits',
      argv: [...USUAL, '--guest-svn', '4294967296'],
      exit: 64,
      err: 'guest-svn',
    },
    {
      name: 'a policy that is no hex',
      argv: [...USUAL, '--policy', 'debug'],
      exit: 64,
      err: '--policy',
    },
    {
      name: 'a policy without bit 17',
      argv: [...USUAL, '--policy', '0x10000'],
      exit: 64,
      err: '--policy: bit 17 must be set',
    },
    {
      name: 'a policy with a bit that there is not',
      argv: [...USUAL, '--policy', '0x8000000004030000'],
      exit: 64,
      err: '--policy: unknown bit 26, 63',
    },
    {
      name: 'a folder that can’t be made',
      argv: [...USUAL, '--out', '/dev/null/x'],
      exit: 69,
      err: '/dev/null/x',
    },
  ])('refuses $name, and quotes no file', async ({ argv, exit, err }) => {
    const ran = await make(argv);
    expect([ran.exit, ran.out]).toEqual([exit, '']);
    expect(ran.err).toContain(err);
    expect(ran.err).not.toContain('password');
  });
});

describe('snp check-id-block', async () => {
  const { idBlock, idAuth } = await made([...USUAL, '--author-key', 'author.pem']);
  const fields = {
    measurement: fromHex(measurement, 'measurement'),
    idKeyDigest: fromHex(idKey.digest, 'id'),
    authorKeyDigest: fromHex(author.digest, 'author'),
  };
  const files = {
    'id-block': idBlock,
    'id-auth': fromBase64(idAuth, 'id-auth'),
    forged: fromBase64(idAuth, 'id-auth').with(0x40, 0).with(0x41, 0),
    'ours.bin': reportOf({ ...fields, keyInfo: 1 }),
    'no-author.bin': reportOf({ ...fields, authorKeyDigest: new Uint8Array(48) }),
    'another.bin': reportOf({
      ...fields,
      keyInfo: 1,
      guestSvn: 1,
      measurement: new Uint8Array(48),
    }),
  };
  const check = (...argv: string[]) => runVerb(snpCheckIdBlockVerb, argv, files);

  it('accepts what id-block made, whether base64 or binary', async () => {
    const { exit, out } = await check('id-block', 'id-auth');
    expect(exit).toBe(0);
    expect(out.split('\n').filter((line) => line.startsWith('✓ '))).toHaveLength(8);
    expect(out).toContain(`idKeyDigest      ${idKey.digest}`);
  });

  it('accepts a report of such a guest', async () => {
    const { exit, out } = await check('id-block', 'id-auth', '--report', 'ours.bin', '--json');
    expect(exit).toBe(0);
    const { verdict, checks } = jsonOf({ out }) as { verdict: string; checks: unknown[] };
    expect([verdict, checks.length]).toEqual(['accept', 15]);
  });

  it('leaves the author key alone in a report that has none', async () => {
    const { exit, out } = await check('id-block', 'id-auth', '--report', 'no-author.bin');
    expect([exit, out.includes('author_key_digest')]).toEqual([0, false]);
  });

  it('rejects a report of another guest', async () => {
    const { exit, out } = await check('id-block', 'id-auth', '--report', 'another.bin');
    expect(exit).toBe(1);
    const wrong = out.split('\n').filter((line) => line.startsWith('✗ '));
    expect(wrong.map((line) => line.split(' ')[1])).toEqual([
      'snp.id_block.measurement',
      'snp.id_block.guest_svn',
    ]);
  });

  it('rejects a signature that nobody made', async () => {
    const { exit, out } = await check('id-block', 'forged', '--json');
    expect(exit).toBe(1);
    expect(jsonOf({ out })['verdict']).toBe('reject');
  });

  it('rejects the two in the wrong order', async () => {
    const { exit, out } = await check('id-auth', 'id-block');
    expect(exit).toBe(1);
    expect(out).toContain('✗ snp.id_block.format');
  });
});
