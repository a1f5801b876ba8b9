import { readFile } from 'node:fs/promises';
import type { SshSystem } from './system.ts';

/** A process, and no later one of its number. */
export interface AskingProcess {
  readonly pid: number;
  /** When it began, as its system counts. */
  readonly start: string;
}

interface Seen extends AskingProcess {
  readonly name: string;
  readonly parent: number;
}

/** How far up an ssh is looked for: a shell or a launcher may stand between. */
const GENERATIONS = 4;

/**
 * The ssh that asks, so that all that it asks is answered as one: the nearest `ssh` above this
 * process, else whoever started it.
 *
 * @returns undefined where its system does not say; then each question is one by itself.
 */
export async function askingProcess(
  parent: number,
  look: (pid: number) => Promise<Seen | undefined>,
): Promise<AskingProcess | undefined> {
  const nearest = await look(parent);
  for (let [one, i] = [nearest, 0]; one && i < GENERATIONS; i++) {
    if (one.name === 'ssh') return { pid: one.pid, start: one.start };
    one = one.parent > 1 ? await look(one.parent) : undefined;
  }
  return nearest && { pid: nearest.pid, start: nearest.start };
}

/** On Linux by /proc, elsewhere by ps. */
export function lookAtProcess({ capture }: Pick<SshSystem, 'capture'>) {
  return async (pid: number): Promise<Seen | undefined> => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (stat !== undefined) return parseProcStat(stat);
    const said = await capture('ps', ['-o', 'ppid=,lstart=,comm=', '-p', String(pid)]).catch(
      () => undefined,
    );
    return said?.code === 0 ? parsePs(pid, said.out) : undefined;
  };
}

/** Field 22 is the start, in ticks since the machine’s; a name may have spaces and parentheses. */
export function parseProcStat(text: string): Seen | undefined {
  const [open, close] = [text.indexOf(' ('), text.lastIndexOf(') ')];
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  const [pid, parent, start] = [Number(text.slice(0, open)), Number(fields[1]), fields[19]];
  if (!Number.isInteger(pid) || !Number.isInteger(parent)) return undefined;
  if (start === undefined || !/^[0-9]+$/.test(start)) return undefined;
  return { pid, parent, start, name: text.slice(open + 2, close) };
}

/** `  501 Mon Nov 30 05:29:35 2026     /usr/bin/ssh` */
export function parsePs(pid: number, text: string): Seen | undefined {
  const line = /^ *([0-9]+) +(\S+ +\S+ +[0-9]+ +[0-9:]+ +[0-9]+) +(.+?) *\n?$/.exec(text);
  const [, parent, start, command] = line ?? [];
  if (parent === undefined || start === undefined || command === undefined) return undefined;
  return { pid, parent: Number(parent), start, name: command.split('/').at(-1) ?? command };
}
