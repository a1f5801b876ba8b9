import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { bundleFilesOf, honestSmall, VERIFY_BUNDLE } from '../bundle-files.ts';
import { type Files, jsonOf, postern, type Ran } from '../fake-io.ts';
import { pemsOf } from './keys.ts';

const root = mkdtempSync(join(tmpdir(), 'postern-audit-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

/** A path in a folder of the test file's own, where nothing is yet. */
export function freshPath(name = 'ledger'): string {
  return join(root, `${made++}-${name}`);
}

const bundle = bundleFilesOf(honestSmall);

const drafted = await postern(
  ['policy', 'from', ...VERIFY_BUNDLE.slice(1), '--name', 'ours'],
  bundle,
);
export const POLICY = drafted.out
  .replaceAll(/(ocsp|crl): require/g, '$1: { skip: the simulator has none }')
  .replace('state: draft', 'state: active');

/** SEV-SNP and two GPUs, roots, a policy by which they are accepted, and a key for tokens. */
const files: Files = {
  ...bundle,
  'policy.yaml': POLICY,
  'ear.key': pemsOf('ed25519').key,
};

/** A command line with real chance, so that no two ledgers and decisions are the same. */
export function audit(
  argv: readonly string[],
  more: Partial<Io> & { readonly files?: Files } = {},
): Promise<Ran> {
  const { files: others, ...io } = more;
  return postern(
    argv,
    { ...files, ...others },
    {
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      ...io,
    },
  );
}

/** Verifies the honest machine and records it; whoever calls looks at the exit code. */
export function record(
  dir: string,
  argv: readonly string[] = [],
  more: Parameters<typeof audit>[1] = {},
): Promise<Ran> {
  return audit([...VERIFY_BUNDLE, '--record', dir, ...argv], more);
}

/** A ledger with one decision in it. */
export async function recorded(argv: readonly string[] = []): Promise<string> {
  const dir = freshPath();
  const { exit, err } = await record(dir, argv);
  if (exit !== 0) throw new Error(`not recorded: ${err}`);
  return dir;
}

export interface Info {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly restoredAt?: string;
  readonly publishedSize: number | null;
  readonly signedAt: string | null;
  readonly forgotten: number;
  readonly keys: readonly { readonly type: string; readonly key: string }[];
}

export async function infoOf(dir: string, more: Partial<Io> = {}): Promise<Info> {
  return jsonOf(await audit(['audit', 'info', dir, '--json'], more)) as unknown as Info;
}

/** The Ed25519 key that verifies it. */
export async function vkeyOf(dir: string): Promise<string> {
  const [first] = (await infoOf(dir)).keys;
  if (first === undefined) throw new Error('no key');
  return first.key;
}

export interface Listed {
  readonly index: number;
  readonly leaf: Readonly<Record<string, unknown>> & { readonly type: string; readonly id: string };
  readonly forgotten?: { readonly at: string; readonly reason: string };
}

export async function leavesOf(dir: string): Promise<readonly Listed[]> {
  const answer = jsonOf(await audit(['audit', 'list', dir, '--json', '--count', '1000']));
  return answer['leaves'] as Listed[];
}

/** Of the first decision. */
export async function decisionOf(dir: string): Promise<Listed> {
  const found = (await leavesOf(dir)).find(({ leaf }) => leaf.type === 'decision');
  if (found === undefined) throw new Error('no decision');
  return found;
}

/** Exports the first decision. */
export async function exported(dir: string): Promise<string> {
  const { index } = await decisionOf(dir);
  const path = freshPath('export.json');
  const { exit, err } = await audit(['audit', 'export', dir, `${index}`, '--out', path]);
  if (exit !== 0) throw new Error(`not exported: ${err}`);
  return path;
}
