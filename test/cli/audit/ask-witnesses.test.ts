import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { parseVerifierKey, writeVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { Witness } from '../../../src/ledger/witness/witness.ts';
import { WITNESS_TIME, WitnessMemory, witnessSigners } from '../../support/witnessing.ts';
import { VERIFY_BUNDLE } from '../bundle-files.ts';
import { audit, infoOf, record, recorded, vkeyOf } from './ledgers.ts';

type Fetch = Io['fetch'];

/** A ledger whose folder names a witness, and the network that this one is on. */
async function witnessed() {
  const dir = await recorded();
  const [signer] = witnessSigners;
  const log = await vkeyOf(dir);
  const key = parseVerifierKey(log, 'vkey');
  const witness = new Witness({
    store: new WitnessMemory(),
    logs: new Map([[key.name, [key]]]),
    signers: witnessSigners.slice(0, 1),
    now: () => WITNESS_TIME,
    keepFork: async () => undefined,
  });
  let asked = 0;
  const fetch: Fetch = async (_url, init) => {
    asked++;
    const { status, body } = await witness.addCheckpoint(init?.body as Uint8Array);
    return new Response(body, { status });
  };
  const policy = `log ${log}\nwitness w ${signer && writeVerifierKey(signer.key)} http://127.0.0.1:1\nquorum w\n`;
  writeFileSync(join(dir, 'witnesses.tlog-policy'), policy);
  return { dir, fetch, asked: () => asked };
}

const refused: Fetch = () => Promise.reject(new Error('nobody is there'));

const STATES = ['published', 'activated'] as const;

/** One leaf more, by a verb that writes. */
const write = (dir: string, nth: 0 | 1, fetch: Fetch) =>
  audit(['audit', 'policy', dir, STATES[nth], 'policy.yaml'], { fetch });

describe('a ledger whose folder names witnesses', () => {
  it('asks them before it signs, and has their cosignature', async () => {
    const { dir, fetch, asked } = await witnessed();
    const ran = await write(dir, 0, fetch);
    expect([ran.exit, ran.err, asked()]).toEqual([0, '', 1]);
    const published = await audit(['audit', 'publish', dir, '--json'], { fetch });
    expect([published.exit, JSON.parse(published.out)]).toMatchObject([
      0,
      { size: 3, cosignatures: 1, problems: [] },
    ]);
  });

  it('that is an older copy than they saw signs nothing, and is closed', async () => {
    const { dir, fetch } = await witnessed();
    const copy = `${dir}-copy`;
    cpSync(dir, copy, { recursive: true });
    expect((await write(dir, 0, fetch)).exit).toBe(0);
    expect((await audit(['audit', 'publish', dir], { fetch })).exit).toBe(0);
    const ran = await write(copy, 0, fetch);
    expect([ran.exit, ran.out]).toEqual([1, '']);
    expect(ran.err).toContain('has seen 3 leaves of this log, which has 2 here');
    expect(await infoOf(copy)).toMatchObject({ size: 2, restoredAt: expect.any(String) });
    expect((await record(copy)).exit).toBe(69);
    expect((await audit(['audit', 'resume', copy], { fetch })).exit).toBe(1);
  });

  it('whose leaves are others than they saw signs nothing', async () => {
    const { dir, fetch } = await witnessed();
    const copy = `${dir}-copy`;
    cpSync(dir, copy, { recursive: true });
    await write(dir, 0, refused);
    expect((await audit(['audit', 'publish', dir], { fetch })).exit).toBe(0);
    await write(copy, 1, refused);
    const ran = await write(copy, 1, fetch);
    expect([ran.exit, ran.out]).toEqual([1, '']);
    expect(ran.err).toContain('another log of this name at 3 leaves: a fork');
    expect(await infoOf(copy)).toMatchObject({ size: 3, restoredAt: expect.any(String) });
  });

  it('goes on where they are silent, and says so', async () => {
    const { dir } = await witnessed();
    const ran = await write(dir, 0, refused);
    expect(ran.exit).toBe(0);
    expect(ran.err).toContain('the witness does not answer (nobody is there)');
    expect(ran.err).toContain('held against its own published files alone');
    const platform = new TypeError('fetch failed', {
      cause: new Error('the connection was refused'),
    });
    const publish = await audit(['audit', 'publish', dir], {
      fetch: () => Promise.reject(platform),
    });
    expect(publish.err).toContain('the witness does not answer (the connection was refused)');
    expect(existsSync(join(dir, 'restored'))).toBe(false);
  });

  it('asks nobody for a decision that is to be made --offline, and says so', async () => {
    const { dir, fetch, asked } = await witnessed();
    const ran = await record(dir, [], { fetch });
    expect(VERIFY_BUNDLE).toContain('--offline');
    expect([ran.exit, asked()]).toEqual([0, 0]);
    expect(ran.err).toContain('--offline: the ledger’s witnesses were not asked');
  });

  it.each([
    ['no policy', 'hello\n', 'witnesses.tlog-policy'],
    ['a policy of another log', '', 'no log line in it has a key of'],
  ])('in %s is a mistake', async (_what, text, says) => {
    const { dir, fetch } = await witnessed();
    const other = `log ${await vkeyOf(await recorded())}\nquorum none\n`;
    writeFileSync(join(dir, 'witnesses.tlog-policy'), text || other);
    const ran = await write(dir, 0, fetch);
    expect([ran.exit, ran.out]).toEqual([64, '']);
    expect(ran.err).toContain(says);
  });
});
