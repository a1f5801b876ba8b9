import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SNP_FAULTS } from '../../src/simulator/snp/faults/table.ts';
import { emptyFolder } from '../endorsements/world.ts';
import { jsonOf, postern, type Ran, UNSAFE } from './fake-io.ts';

/** Runs the command line that the simulator printed. */
function verified({ out }: Ran, ...more: string[]): Promise<Ran> {
  const [, command = ''] = out.trimEnd().split('\n');
  return postern([...command.split(' ').slice(1), ...more]);
}

describe('simulator snp', () => {
  it.each(['milan', 'genoa', 'turin'])(
    'writes evidence of %s that verifies with the words it prints',
    async (product) => {
      const dir = await emptyFolder();
      const made = await postern(['simulator', 'snp', dir, '--product', product]);
      expect([made.exit, made.err]).toEqual([0, '']);
      const result = await verified(made);
      expect(result.exit).toBe(0);
      expect(result.out).toContain('simulator anchors');
    },
  );

  it.each([
    ['table_with_crl', 0],
    ['all_in_pem', 0],
    ['vlek_v3', 0],
    ['vmpl_1_allowed', 0],
    ['platform_bit_allowed', 0],
    ['report_data_short', 0],
    ['tcb_has_a_fix', 0],
    ['tcb_below_minimum', 1],
    ['tcb_lacks_a_fix', 1],
    ['root_exchanged', 1],
    ['crl_required_and_missing', 2],
    ['vek_missing', 2],
  ])('%s: what it prints asks what the case asks', async (name, exit) => {
    const made = await postern(['simulator', 'snp', await emptyFolder(), '--case', name]);
    expect((await verified(made)).exit).toBe(exit);
  });

  it('--json tells the files, the options and the time', async () => {
    const dir = join(await emptyFolder(), 'new', 'folder');
    const made = await postern([
      ...['simulator', 'snp', dir, '--case', 'tcb_at_minimum', '--product', 'turin', '--json'],
    ]);
    expect(jsonOf(made)).toEqual({
      dir,
      product: 'turin',
      files: ['report.bin', 'vek.der', 'chain-1.der', 'root.der'],
      options: ['--min-tcb', 'bootLoader=1,tee=0,snp=4,microcode=81'],
      at: '2026-06-01T00:00:00Z',
    });
  });

  it('a case of one product only is of that product', async () => {
    const dir = await emptyFolder();
    const made = await postern(['simulator', 'snp', dir, '--case', 'turin_dense', '--json']);
    expect(jsonOf(made)).toMatchObject({ product: 'turin' });
  });

  it('another seed is another world', async () => {
    const dirs = [await emptyFolder(), await emptyFolder()] as const;
    await postern(['simulator', 'snp', dirs[0]]);
    await postern(['simulator', 'snp', dirs[1], '--seed', 'other']);
    const [one, two] = await Promise.all(dirs.map((dir) => readFile(join(dir, 'root.der'))));
    expect(one).not.toEqual(two);
  });

  it('--list names every case', async () => {
    const { exit, out } = await postern(['simulator', 'snp', '--list']);
    expect(exit).toBe(0);
    const names = new Set(out.split('\n').map((line) => line.split(' ')[0]));
    expect(Object.keys(SNP_FAULTS).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each([
    [['--case', 'constructor', 'dir'], 64, '--case: no case "constructor"; see --list'],
    [[], 64, 'simulator snp: want <dir>, or --list'],
    [['dir', '--product', 'rome'], 64, '--product: valid_v5 is of milan, genoa, turin, got "rome"'],
    [
      ['dir', '--case', 'turin_dense', '--product', 'milan'],
      64,
      '--product: turin_dense is of turin, got "milan"',
    ],
    [['/dev/null/x'], 69, '/dev/null/x: can’t be written (ENOTDIR)'],
  ])('refuses %j', async (argv, exit, says) => {
    const ran = await postern(['simulator', 'snp', ...argv]);
    expect(ran).toMatchObject({ exit, out: '', err: `postern: ${says}\n` });
  });

  it('a folder with a hostile name does not reach the terminal raw', async () => {
    const dir = `${await emptyFolder()}/\u001b[2J\nx`;
    const { exit, out } = await postern(['simulator', 'snp', dir]);
    expect(exit).toBe(0);
    expect(out).not.toMatch(UNSAFE);
    expect(out.split('\n')).toHaveLength(3);
  });
});
