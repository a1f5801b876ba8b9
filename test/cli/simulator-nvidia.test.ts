import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NVIDIA_NODE_FAULTS } from '../../src/simulator/nvidia/faults/node-table.ts';
import { NVIDIA_FAULTS } from '../../src/simulator/nvidia/faults/table.ts';
import { emptyFolder } from '../endorsements/world.ts';
import { jsonOf, postern, type Ran, UNSAFE } from './fake-io.ts';

/** Runs the command line that the simulator printed. */
function verified({ out }: Ran, ...more: string[]): Promise<Ran> {
  const [, command = ''] = out.trimEnd().split('\n');
  return postern([...command.split(' ').slice(1), ...more]);
}

describe('simulator nvidia', () => {
  it.each(['h100', 'h100-570', 'gb100', 'gb100-575', 'h100-620'])(
    'writes evidence of %s that verifies with the words it prints',
    async (model) => {
      const dir = await emptyFolder();
      const made = await postern(['simulator', 'nvidia', dir, '--model', model]);
      expect([made.exit, made.err]).toEqual([0, '']);
      const result = await verified(made);
      expect(result.exit).toBe(0);
      expect(result.out).toContain('simulator anchors');
    },
  );

  it.each([
    ['switch_asked', 0],
    ['nonce_asked', 0],
    ['opaque_field_allowed', 0],
    ['ocsp_required', 0],
    ['ocsp_rim_hold_allowed', 0],
    ['ocsp_of_another_day', 0],
    ['rim_expired_allowed', 0],
    ['nonce_of_another_request', 1],
    ['kind_switch_asked', 1],
    ['root_forged', 1],
    ['ocsp_required_and_missing', 2],
    ['rim_missing', 2],
    ['rim_all_from_the_future', 2],
  ])('%s: what it prints asks what the case asks', async (name, exit) => {
    const made = await postern(['simulator', 'nvidia', await emptyFolder(), '--case', name]);
    expect((await verified(made)).exit).toBe(exit);
  });

  it.each([
    [['--case', 'node'], 0],
    [['--case', 'node_counted'], 0],
    [['--mode', 'mpt', '--gpus', '2'], 0],
    [['--gpus', '4', '--switches', '2'], 0],
    [['--mode', 'spt', '--model', 'gb100', '--gpus', '1'], 0],
    [['--case', 'node_three_switches'], 1],
    [['--case', 'node_fewer_gpus_than_expected'], 1],
    [['--case', 'node_json_tail'], 1],
    [['--case', 'node_no_switches'], 2],
    [['--switches', '0'], 2],
  ])('a whole machine, %j', async (argv, exit) => {
    const made = await postern(['simulator', 'nvidia', await emptyFolder(), ...argv]);
    expect([made.exit, made.err]).toEqual([0, '']);
    expect((await verified(made)).exit).toBe(exit);
  });

  it('--json tells the files, the options and the time', async () => {
    const dir = join(await emptyFolder(), 'new', 'folder');
    const made = await postern([
      ...['simulator', 'nvidia', dir, '--case', 'ocsp_of_another_day', '--json'],
    ]);
    expect(jsonOf(made)).toEqual({
      dir,
      files: [
        'report.bin',
        'chain.pem',
        'rim-1.xml',
        'rim-2.xml',
        ...[1, 2, 3, 4, 5, 6, 7].map((i) => `ocsp-${i}.der`),
        'device-root.der',
        'rim-root.der',
      ],
      options: [],
      at: ['--at', '2026-06-01T00:00:00Z', '--at', 'rim-ocsp=2026-07-01T12:00:00Z'],
    });
  });

  it('another seed is another world', async () => {
    const dirs = [await emptyFolder(), await emptyFolder()] as const;
    await postern(['simulator', 'nvidia', dirs[0]]);
    await postern(['simulator', 'nvidia', dirs[1], '--seed', 'other']);
    const [one, two] = await Promise.all(dirs.map((dir) => readFile(join(dir, 'device-root.der'))));
    expect(one).not.toEqual(two);
  });

  it('says what an option of verify nvidia can’t ask', async () => {
    const dir = await emptyFolder();
    const made = await postern(['simulator', 'nvidia', dir, '--case', 'ocsp_device_nonce_other']);
    expect(made.exit).toBe(0);
    expect(made.err).toContain('nonce that an OCSP response was asked with');
  });

  it('--list names every case', async () => {
    const { exit, out } = await postern(['simulator', 'nvidia', '--list']);
    expect(exit).toBe(0);
    const names = new Set(out.split('\n').map((line) => line.split(' ')[0]));
    const all = Object.keys({ ...NVIDIA_FAULTS, ...NVIDIA_NODE_FAULTS });
    expect(all.filter((name) => !names.has(name))).toEqual(['clock_not_a_time']);
  });

  it.each([
    [['--case', 'constructor', 'dir'], 64, '--case: no case "constructor"; see --list'],
    [[], 64, 'simulator nvidia: want <dir>, or --list'],
    [
      ['dir', '--model', 'a100'],
      64,
      '--model: valid is of h100, h100-570, gb100, gb100-575, h100-620, got "a100"',
    ],
    [['dir', '--mode', 'off'], 64, '--mode: want spt, mpt, ppcie, got "off"'],
    [['dir', '--mode', 'mpt', '--model', 'h100'], 64, '--model: mpt mode is of gb100, got "h100"'],
    [['dir', '--gpus', '65'], 64, '--gpus: at most 64, got 65'],
    [['dir', '--gpus', 'x'], 64, '--gpus: want a whole number, got "x"'],
    [['dir', '--case', 'valid', '--gpus', '2'], 64, '--gpus: valid is of one device'],
    [
      ['dir', '--case', 'node_three_switches', '--gpus', '2'],
      64,
      '--gpus: the machine of node_three_switches is as it is',
    ],
    [['/dev/null/x'], 69, '/dev/null/x: can’t be written (ENOTDIR)'],
  ])('refuses %j', async (argv, exit, says) => {
    const ran = await postern(['simulator', 'nvidia', ...argv]);
    expect(ran).toMatchObject({ exit, out: '', err: `postern: ${says}\n` });
  });

  it('a folder with a hostile name does not reach the terminal raw', async () => {
    const dir = `${await emptyFolder()}/\u001b[2J\nx`;
    const { exit, out } = await postern(['simulator', 'nvidia', dir]);
    expect(exit).toBe(0);
    expect(out).not.toMatch(UNSAFE);
    expect(out.split('\n')).toHaveLength(3);
  });
});
