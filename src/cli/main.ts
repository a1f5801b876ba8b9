#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { Fault } from '../core/fault.ts';
import { wantsColours } from './paint.ts';
import { run } from './run.ts';

async function readPath(path: string): Promise<Uint8Array> {
  try {
    return path === '-' ? await readStandardInput() : await readFile(path);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Fault('unreachable', path, `can’t be read (${reason})`, { cause: error });
  }
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

// A reader that has seen enough (`| head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  readFile: readPath,
  fetch: globalThis.fetch,
  now: Date.now,
  colours: wantsColours(process.stdout, process.env),
});
