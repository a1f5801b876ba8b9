import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes/hex.ts';
import { JCS } from './conformance/cases.ts';
import { expectVerificationJson } from './design-json.ts';
import { files, honest, jsonOf, type Ran } from './fake-io.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const AT = '2026-06-01T00:00:00Z';
/** Many times what the slowest of them takes where all run at once on a busy machine. */
const PATIENCE = 240_000;

interface Process {
  readonly input?: Uint8Array | string;
  /** Closes our end of its stdout after so many bytes. */
  readonly readOnly?: number;
  /** A file of ours that takes its standard output. */
  readonly stdout?: number;
}

/** The real process, as a shell would start it. */
function spawned(
  argv: readonly string[],
  { input, readOnly, stdout = -1 }: Process = {},
): Promise<Ran> {
  const child = spawn(process.execPath, ['-C', 'postern-src', MAIN, ...argv], {
    stdio: ['pipe', stdout < 0 ? 'pipe' : stdout, 'pipe'],
    timeout: PATIENCE,
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => {
    out.push(chunk);
    if (readOnly !== undefined && Buffer.concat(out).length >= readOnly) child.stdout?.destroy();
  });
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  // One that stops reading its input is no failure of the test.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === null) reject(new Error(`ended by ${signal}`));
      else {
        const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString();
        resolve({ exit: code, out: text(out), err: text(err) });
      }
    });
  });
}

/** The honest machine's files on disk. */
const dir = await mkdtemp(join(tmpdir(), 'postern-cli-'));
const quote = join(dir, 'quote');
await Promise.all(Object.entries(files).map(([name, bytes]) => writeFile(join(dir, name), bytes)));
afterAll(() => rm(dir, { recursive: true }));

function verify(path: string, ...options: readonly string[]): readonly string[] {
  return [
    ...['verify', 'tdx', path, '--collateral', join(dir, 'collateral.json')],
    ...['--trust-anchor', join(dir, 'root.der'), '--at', AT, ...options],
  ];
}

describe.concurrent('the process', { timeout: PATIENCE + 30_000 }, () => {
  it('0: accepts, and says nothing on stderr', async () => {
    const ran = await spawned(verify(quote, '--json'));
    expect(ran).toMatchObject({ exit: 0, err: '' });
    expectVerificationJson(jsonOf(ran));
  });

  it('1: rejects', async () => {
    const { exit, out } = await spawned([
      'verify',
      'tdx',
      quote,
      '--collateral',
      join(dir, 'collateral.json'),
    ]);
    expect(exit).toBe(1);
    expect(out).toContain('REJECT');
    // Nobody asked for colours through a pipe.
    expect(out).not.toContain('\u001b');
  });

  it('2: leaves it open', async () => {
    const { exit, out } = await spawned(verify(quote, '--at', 'crl=2030-01-01'));
    expect(exit).toBe(2);
    expect(out).toContain('INDETERMINATE');
  });

  it('64: is not told what to do', async () => {
    expect(await spawned([])).toMatchObject({ exit: 64, out: '' });
  });

  it.each([
    ['a file that is not there', join(dir, 'gone'), 'ENOENT'],
    ['a folder', dir, 'EISDIR'],
    ['a path through a file', join(quote, 'x'), 'ENOTDIR'],
  ])('69: %s', async (_, path, code) => {
    const { exit, out, err } = await spawned(['inspect', path]);
    expect([exit, out]).toEqual([69, '']);
    expect(err).toBe(`postern: ${path}: can’t be read (${code})\n`);
  });

  it('reads standard input, binary', async () => {
    expect(await spawned(verify('-'), { input: honest.quote })).toMatchObject({ exit: 0 });
  });

  it('reads standard input, hex in lines', async () => {
    const input = `0x${toHex(honest.quote).replace(/.{76}/g, '$&\n')}\n`;
    expect(await spawned(verify('-'), { input })).toMatchObject({ exit: 0 });
  });

  it('reads an empty standard input', async () => {
    const { exit, out } = await spawned(verify('-'), { input: '' });
    expect(exit).toBe(1);
    expect(out).toContain('malformed quote.header.version');
  });

  it('reads a file with a line feed in its name', async () => {
    const path = join(dir, 'a\nquote');
    await writeFile(path, honest.quote);
    expect(await spawned(verify(path))).toMatchObject({ exit: 0, err: '' });
  });

  it('does not read without end', async () => {
    const { exit, err } = await spawned(['inspect', '/dev/zero']);
    expect([exit, err]).toEqual([1, 'postern: /dev/zero: larger than 67108864 bytes\n']);
  });

  it.each([
    ['differ', 'input.json', 1],
    ['conform', 'output.json', 0],
  ])('a reader that leaves early does not change that cases %s', async (_, output, exit) => {
    const manifest = join(dir, `manifest-${output}`);
    const testCase = { ...JCS, files: { input: 'input.json', output } };
    await writeFile(join(dir, 'input.json'), '{ }');
    await writeFile(join(dir, 'output.json'), '{}');
    await writeFile(manifest, JSON.stringify(new Array(2_000).fill(testCase)));
    const ran = await spawned(['conformance', manifest, '--json'], { readOnly: 1 });
    // More than a pipe holds was never read.
    expect(ran.out.length).toBeLessThan(2_000 * JSON.stringify(testCase).length);
    expect(ran).toMatchObject({ exit, err: `2000 cases, ${exit * 2_000} different\n` });
  });

  it.skipIf(!existsSync('/dev/full'))('an answer that can’t be written is none', async () => {
    const full = await open('/dev/full', 'w');
    const { exit, err } = await spawned(verify(quote), { stdout: full.fd });
    await full.close();
    expect([exit, err]).toEqual([69, 'postern: standard output can’t be written (ENOSPC)\n']);
  });

  it('knows its version', async () => {
    expect((await spawned(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
