import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { honestSmall } from '../bundle-files.ts';
import { piecesOf } from './forge.ts';
import { audit, exported, freshPath, recorded } from './ledgers.ts';

const dir = await recorded(['--nonce', toHex(honestSmall.plan.nonce)]);
const pieces = piecesOf(await exported(dir));

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));
}

/** Bytes as somebody would look for them: as they are, in hex, and in base64 at any alignment. */
function spellings(secret: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(secret);
  const aligned = [0, 1, 2].map((skip) => {
    const text = Buffer.concat([Buffer.alloc(skip), bytes]).toString('base64');
    return text.slice(Math.ceil((skip * 8) / 6), Math.floor(((skip + bytes.length) * 8) / 6));
  });
  const hex = bytes.toString('hex');
  return [bytes, ...[hex, hex.toUpperCase(), ...aligned].map((text) => Buffer.from(text))];
}

const subject = pieces.manifest['subject'] as readonly { kind: string; id: string }[];
const salt = `${pieces.manifest['salt']}`;
const fromHex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const secrets: readonly (readonly [string, Uint8Array])[] = [
  ...subject.map(({ kind, id }) => [kind, new Uint8Array(Buffer.from(id))] as const),
  ...subject
    .filter(({ id }) => /^([0-9a-f]{2})+$/.test(id))
    .map(({ kind, id }) => [`${kind}, as bytes`, fromHex(id)] as const),
  ['the salt', fromHex(salt)],
  ['the nonce', honestSmall.plan.nonce],
  // A quarter of what a stranger could look for of each piece of evidence and endorsement.
  ...Object.entries(pieces.blobs).flatMap(([digest, bytes]) =>
    [0, 1, 2, 3].map((quarter) => {
      const start = Math.floor((bytes.length * quarter) / 4);
      return [`${digest} at ${start}`, bytes.subarray(start, start + 24)] as const;
    }),
  ),
];

it('there is something to look for', () => {
  expect(subject.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['nvidia-ueid', 'snp-chip-id']),
  );
  expect(secrets.length).toBeGreaterThan(12);
  // And the search finds it where it is: in the export, which is not for everybody.
  const whole = Buffer.from(JSON.stringify({ subject, salt }));
  const found = secrets.filter(([, bytes]) =>
    spellings(bytes).some((spelling) => whole.includes(spelling)),
  );
  expect(found.length).toBeGreaterThanOrEqual(subject.length + 1);
});

it.each(['published', '.'])('nobody finds hardware, nonce, salt or evidence in %s', (below) => {
  const places = filesBelow(join(dir, below));
  expect(places.length).toBeGreaterThan(2);
  for (const place of places) {
    const file = readFileSync(place);
    const found = secrets.filter(([, bytes]) =>
      spellings(bytes).some((spelling) => file.includes(spelling)),
    );
    expect([place, found.map(([name]) => name)]).toEqual([place, []]);
  }
});

it('no address, no name of a host or a file stands in the leaves', () => {
  const text = readFileSync(join(dir, 'published/tile/entries/000.p/2'), 'latin1');
  expect(text).toContain('"type":"decision"');
  expect(text).not.toMatch(/https?:|\d+\.\d+\.\d+\.\d+|\/tmp|\.example|\.der|\.json/);
});

it('keys and database are for their owner alone, published files for all', async () => {
  const made = freshPath();
  await audit(['audit', 'init', made, '--origin', 'example.org/modes']);
  for (const own of [dir, made]) {
    expect(statSync(join(own, 'keys')).mode & 0o777).toBe(0o700);
    const secret = filesBelow(own).filter((path) => !path.includes('/published/'));
    expect(secret.length).toBeGreaterThanOrEqual(5);
    for (const path of secret)
      expect([path, (statSync(path).mode & 0o777).toString(8)]).toEqual([path, '600']);
    for (const path of filesBelow(join(own, 'published')))
      expect([path, statSync(path).mode & 0o444]).toEqual([path, 0o444]);
  }
});
