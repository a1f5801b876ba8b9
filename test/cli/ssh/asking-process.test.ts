import { expect, it } from 'vitest';
import { askingProcess, parseProcStat, parsePs } from '../../../src/cli/ssh/asking-process.ts';

it('reads who began a process and when, whatever its name is', () => {
  const fields = `S 41 ${Array.from({ length: 17 }, (_, i) => i).join(' ')} 98765 0 0`;
  expect(parseProcStat(`42 (a (b) c) ${fields}\n`)).toEqual({
    pid: 42,
    parent: 41,
    start: '98765',
    name: 'a (b) c',
  });
  expect(parseProcStat('42 (ssh')).toBeUndefined();
  expect(parseProcStat('')).toBeUndefined();
  expect(parsePs(7, '  501 Mon Nov 30 05:29:35 2026     /usr/bin/ssh\n')).toEqual({
    pid: 7,
    parent: 501,
    start: 'Mon Nov 30 05:29:35 2026',
    name: 'ssh',
  });
  expect(parsePs(7, 'ps: no such process')).toBeUndefined();
});

it('finds the ssh above a launcher, else whoever started it', async () => {
  const tree = new Map([
    [10, { pid: 10, parent: 9, start: '3', name: 'node' }],
    [9, { pid: 9, parent: 8, start: '2', name: 'ssh' }],
    [8, { pid: 8, parent: 1, start: '1', name: 'bash' }],
  ]);
  const look = async (pid: number) => tree.get(pid);
  expect(await askingProcess(10, look)).toEqual({ pid: 9, start: '2' });
  expect(await askingProcess(8, look)).toEqual({ pid: 8, start: '1' });
  expect(await askingProcess(5, look)).toBeUndefined();
});
