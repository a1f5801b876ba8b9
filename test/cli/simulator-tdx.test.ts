import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TDX_FAULTS } from '../../src/simulator/tdx/faults/table.ts';
import { emptyFolder } from '../endorsements/world.ts';
import { jsonOf, postern, UNSAFE } from './fake-io.ts';

describe('simulator tdx', () => {
  it('writes evidence that verifies with the words it prints', async () => {
    const dir = await emptyFolder();
    const made = await postern(['simulator', 'tdx', dir]);
    expect([made.exit, made.err]).toEqual([0, '']);
    const [, command = ''] = made.out.trimEnd().split('\n');
    const verified = await postern(command.split(' ').slice(1));
    expect(verified.exit).toBe(0);
    expect(verified.out).toContain('simulator anchors');
  });

  it('--case makes one that fails, --json tells the files and the time', async () => {
    const dir = join(await emptyFolder(), 'new', 'folder');
    const made = await postern(['simulator', 'tdx', dir, '--case', 'td_debug', '--json']);
    const { files, at } = jsonOf(made) as { files: string[]; at: string };
    expect(files).toContain('quote.bin');
    const verified = await postern([
      ...['verify', 'tdx', join(dir, 'quote.bin'), '--collateral', join(dir, 'collateral.json')],
      ...['--trust-anchor', join(dir, 'root.der'), '--at', at, '--json'],
    ]);
    expect(verified.exit).toBe(1);
    expect(verified.out).toContain('"id":"tdx.td.debug","path":"quote.body.td_attributes"');
  });

  it('another seed is another world', async () => {
    const dirs = [await emptyFolder(), await emptyFolder()] as const;
    await postern(['simulator', 'tdx', dirs[0]]);
    await postern(['simulator', 'tdx', dirs[1], '--seed', 'other']);
    const [one, two] = await Promise.all(dirs.map((dir) => readFile(join(dir, 'root.der'))));
    expect(one).not.toEqual(two);
  });

  it('--list names every case', async () => {
    const { exit, out } = await postern(['simulator', 'tdx', '--list']);
    expect(exit).toBe(0);
    const names = new Set(out.split('\n').map((line) => line.split(' ')[0]));
    expect(Object.keys(TDX_FAULTS).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each([
    [['--case', 'constructor', 'dir'], 64, '--case: no case "constructor"; see --list'],
    [[], 64, 'simulator tdx: want <dir>, or --list'],
    [['/dev/null/x'], 69, '/dev/null/x: can’t be written (ENOTDIR)'],
  ])('refuses %j', async (argv, exit, says) => {
    const ran = await postern(['simulator', 'tdx', ...argv]);
    expect(ran).toMatchObject({ exit, out: '', err: `postern: ${says}\n` });
  });

  it('a folder with a hostile name does not reach the terminal raw', async () => {
    const { exit, out } = await postern([
      'simulator',
      'tdx',
      `${await emptyFolder()}/\u001b[2J\nx`,
    ]);
    expect(exit).toBe(0);
    expect(out).not.toMatch(UNSAFE);
    expect(out.split('\n')).toHaveLength(3);
  });
});
