import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { type Files, postern, type Ran } from '../fake-io.ts';

const newRoot = () => mkdtempSync(join(tmpdir(), 'postern-gateway-'));
const remove = (path: string) => rmSync(path, { recursive: true, force: true });

/** A path in a folder of its own, where nothing is yet; gone when the test is over. */
export function freshPath(name = 'gate'): string {
  const root = newRoot();
  whenDone(() => remove(root));
  return join(root, name);
}

/** Once the test is over, or all of the file's where none runs. */
function whenDone(act: () => void): void {
  try {
    onTestFinished(act);
  } catch {
    afterAll(act);
  }
}

type More = Partial<Io> & { readonly files?: Files };

/** A command line with real chance, so that no two keys are the same. */
export function gate(argv: readonly string[], { files = {}, ...io }: More = {}): Promise<Ran> {
  const chance = (length: number) => new Uint8Array(randomBytes(length));
  return postern(argv, files, { randomBytes: chance, ...io });
}

export const ORIGIN = 'https://gate.example.org';
export const INIT = ['--origin', ORIGIN, '--proxy', 'a proxy on this host'];

interface Made {
  readonly mode: number;
  /** Undefined of a folder. */
  readonly bytes: Uint8Array | undefined;
}

/** A gateway as init makes it: once, and from then on out of memory. */
async function makeOnce() {
  const root = newRoot();
  try {
    const dir = join(root, 'gate');
    const ran = await gate(['gateway', 'init', dir, ...INIT]);
    if (ran.exit !== 0) throw new Error(`not made: ${ran.err}`);
    const made = new Map<string, Made>();
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const bytes = entry.isFile() ? readFileSync(path) : undefined;
      made.set(relative(dir, path), { mode: statSync(path).mode & 0o777, bytes });
    }
    return { ran, made };
  } finally {
    remove(root);
  }
}

/** What init said, and what was in its folder then. */
export const { ran: INIT_RAN, made: INIT_MADE } = await makeOnce();

/** What the first admin was shown. */
export const FIRST_KEY = INIT_RAN.out.trim();

/** A gateway of its own, as init makes it. */
export function freshGateway(): string {
  const dir = freshPath();
  for (const [name, { mode, bytes }] of INIT_MADE) {
    const path = join(dir, name);
    mkdirSync(bytes ? dirname(path) : path, { recursive: true });
    if (bytes) writeFileSync(path, bytes);
    chmodSync(path, mode);
  }
  return dir;
}
