import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonOf } from '../fake-io.ts';
import { freshGateway, freshPath, gate } from '../gateway/gateways.ts';
import { leavesOf } from './ledgers.ts';

/** A gateway's ledger as a backup has it; one of its keys was revoked after that. */
async function restored() {
  const dir = freshGateway();
  const ledger = join(dir, 'ledger');
  expect((await gate(['keys', 'create', dir, '--name', 'ci', '--role', 'client'])).exit).toBe(0);
  const backup = freshPath('backup');
  expect((await gate(['audit', 'backup', ledger, backup])).exit).toBe(0);
  expect((await gate(['keys', 'revoke', dir, 'ci'])).exit).toBe(0);
  for (const end of ['', '-wal', '-shm']) {
    const name = join(ledger, `ledger.sqlite${end}`);
    try {
      renameSync(name, freshPath(`away${end}`));
    } catch {}
  }
  expect((await gate(['audit', 'restore', backup, ledger])).exit).toBe(0);
  return {
    dir,
    resume: (...more: string[]) => gate(['audit', 'resume', ledger, ...more, '--json']),
  };
}

async function inForce(dir: string): Promise<string[]> {
  const keys = jsonOf(await gate(['keys', 'list', dir, '--json']))['keys'] as {
    readonly kind: string;
    readonly name?: string;
    readonly state: string;
  }[];
  return keys.flatMap(({ kind, name, state }) =>
    kind === 'api-key' && state === 'in-force' ? [name ?? ''] : [],
  );
}

const WORD = ['--nothing-published', 'it stood in a lab'];

describe('a gateway that was brought back', () => {
  it('takes no key at its copy’s word, and a new one as ever', async () => {
    const { dir, resume } = await restored();
    expect(await inForce(dir)).toContain('ci');
    const { exit, out } = await resume(...WORD);
    expect([exit, JSON.parse(out)]).toMatchObject([0, { keys: 2, nodes: 0 }]);
    expect(await inForce(dir)).toEqual([]);
    const made = ['keys', 'create', dir, '--name', 'second-admin', '--role', 'admin'];
    expect((await gate(made)).exit).toBe(0);
    expect(await inForce(dir)).toEqual(['second-admin']);
  });

  it('unless somebody gives their word for them, which the log has', async () => {
    const { dir, resume } = await restored();
    expect((await resume(...WORD, '--keep-keys', 'short')).exit).toBe(64);
    const { exit, out } = await resume(...WORD, '--keep-keys', 'nothing was revoked since');
    expect([exit, JSON.parse(out)]).toMatchObject([0, { keys: 0 }]);
    expect((await inForce(dir)).toSorted()).toEqual(['ci', 'first-admin']);
    const said = (await leavesOf(join(dir, 'ledger'))).map(({ leaf }) => leaf);
    expect(said).toContainEqual(
      expect.objectContaining({ action: 'resume_keys', reason: 'nothing was revoked since' }),
    );
  });
});
