import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../../../src/cli/io.ts';
import { type Files, postern, type Ran } from '../fake-io.ts';

const root = mkdtempSync(join(tmpdir(), 'postern-gateway-'));
// Several test files may share this module, and what it made.
process.once('exit', () => rmSync(root, { recursive: true, force: true }));
let made = 0;

/** A path in a folder of the test file's own, where nothing is yet. */
export function freshPath(name = 'gate'): string {
  return join(root, `${made++}-${name}`);
}

type More = Partial<Io> & { readonly files?: Files };

/** A command line with real chance, so that no two keys are the same. */
export function gate(argv: readonly string[], { files = {}, ...io }: More = {}): Promise<Ran> {
  const chance = (length: number) => new Uint8Array(randomBytes(length));
  return postern(argv, files, { randomBytes: chance, ...io });
}

export const ORIGIN = 'https://gate.example.org';
export const INIT = ['--origin', ORIGIN, '--proxy', 'a proxy on this host'];

/** Only looked at. */
export const FIRST = freshPath('made-once');
const ran = await gate(['gateway', 'init', FIRST, ...INIT]);
if (ran.exit !== 0) throw new Error(`not made: ${ran.err}`);

/** What the first admin was shown. */
export const FIRST_KEY = ran.out.trim();
export const INIT_RAN = ran;

/** A gateway of its own, made like any other. */
export function freshGateway(): string {
  const dir = freshPath();
  cpSync(FIRST, dir, { recursive: true, preserveTimestamps: true });
  return dir;
}
