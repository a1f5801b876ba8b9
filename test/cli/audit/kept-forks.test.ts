import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { forkKeeper } from '../../../src/cli/audit/kept-forks.ts';
import type { Io } from '../../../src/cli/io.ts';
import { type ForkProof, parseForkProof } from '../../../src/ledger/proof/fork-proof.ts';
import { naiveRoot } from '../../support/merkle.ts';
import { history, LOG, noteOf } from '../../support/witnessing.ts';
import { freshPath } from './ledgers.ts';

const forkAt = (size: number): ForkProof => ({
  smaller: noteOf(history(size)),
  larger: noteOf(history(size, { from: 0 })),
  prefix: naiveRoot(history(size, { from: 0 })),
  hashes: [],
});

function keeper(dir: string) {
  let said = '';
  const io: Pick<Io, 'err'> = { err: (text) => (said += text) };
  return { keep: forkKeeper(io as Io, dir), said: () => said };
}

it('a proof is kept once, and told', async () => {
  const dir = freshPath('forks');
  const { keep, said } = keeper(dir);
  for (let i = 0; i < 3; i++) await keep(LOG, forkAt(5));
  await keep(LOG, forkAt(6));
  const names = readdirSync(dir);
  expect(names).toHaveLength(2);
  const kept = names.map((name) => parseForkProof(new Uint8Array(readFileSync(join(dir, name)))));
  expect(kept).toContainEqual(forkAt(5));
  expect(said().match(/don’t go together: the proof is/g)).toHaveLength(2);
});

it('of too many, the rest is told and not kept', async () => {
  const dir = freshPath('forks');
  mkdirSync(dir);
  for (let i = 0; i < 256; i++) writeFileSync(join(dir, `fork-${i}.json`), '');
  const { keep, said } = keeper(dir);
  await keep(LOG, forkAt(5));
  expect(readdirSync(dir)).toHaveLength(256);
  expect(said()).toContain('this one is not kept');
});

it('a folder that can’t be written is told, and nothing more', async () => {
  const dir = freshPath('forks');
  writeFileSync(dir, 'a file');
  const { keep, said } = keeper(dir);
  await keep(LOG, forkAt(5));
  expect(said()).toContain('the proof is not kept: ');
});
