import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { untilTold } from '../audit/serving.ts';
import { type Io, usage } from '../io.ts';
import type { Args, Options } from '../verb.ts';
import { DEMO_LAYOUT } from './folder.ts';

export const DEMO_OPTIONS: Options = {
  dir: { value: '<dir>', help: 'where its files go, and stay; a temporary folder unless said' },
  once: { help: 'end after the last step, as it does where there is no terminal' },
};

/** Where a demonstration is played. */
export interface Stage {
  readonly dir: string;
  /** Whether what runs is left to its reader until they end it. */
  readonly stays: boolean;
  readonly signal: AbortSignal;
  /** For what runs behind it: its log goes to a file, and nothing comes from the environment. */
  readonly quiet: Io;
}

/** @param play comes back once it has closed all that it opened. @returns the exit code. */
export function onStage(
  io: Io,
  args: Args,
  play: (stage: Stage) => Promise<void>,
): Promise<number> {
  return untilTold(async (signal) => {
    const stays = !args.has('once') && process.stdout.isTTY === true;
    const { dir, isOurs } = await folderOf(args.one('dir'));
    const log = createWriteStream(join(dir, DEMO_LAYOUT.log));
    try {
      await play({ dir, stays, signal, quiet: quietly(io, (text) => log.write(text)) });
      return 0;
    } finally {
      await new Promise((done) => log.end(done));
      if (isOurs) await rm(dir, { recursive: true, force: true });
    }
  });
}

function quietly(io: Io, err: Io['err']): Io {
  return { ...io, out: () => undefined, err, env: () => undefined, envNames: () => [] };
}

export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** @throws Fault `usage` for a folder that has something in it. */
async function folderOf(said: string | undefined) {
  if (said === undefined) {
    return { dir: await mkdtemp(join(tmpdir(), 'postern-demo-')), isOurs: true };
  }
  const dir = resolve(said);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if ((await readdir(dir)).length > 0) throw usage(`--dir ${said}: there is something already`);
  return { dir, isOurs: false };
}
