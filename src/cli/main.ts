#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { FAULTS, Fault } from '../core/fault.ts';
import { wantsColours } from './paint.ts';
import { run } from './run.ts';

/** Many times the largest evidence; without it /dev/zero would fill the memory. */
const LARGEST_INPUT = 64 * 1024 * 1024;

async function readPath(path: string): Promise<Uint8Array> {
  try {
    return await readAll(path === '-' ? process.stdin : createReadStream(path), path);
  } catch (error) {
    if (error instanceof Fault) throw error;
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Fault('unreachable', path, `can’t be read (${reason})`, { cause: error });
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > LARGEST_INPUT) {
      throw new Fault('unsupported', path, `larger than ${LARGEST_INPUT} bytes`);
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

// A reader that has seen enough (`| head`) is no error, and changes nothing about the exit code;
// an answer that could not be written (a full disk) is no answer, whatever it was.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return;
  process.stderr.write(`postern: standard output can’t be written (${code})\n`);
  process.exit(FAULTS.unreachable.exit);
});
process.stderr.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  readFile: readPath,
  fetch: globalThis.fetch,
  now: Date.now,
  pause: (ms) => setTimeout(ms),
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
  env: (name) => process.env[name] || undefined,
  envNames: () => Object.keys(process.env),
  colours: wantsColours(process.stdout, process.env),
});
