import { readFile } from 'node:fs/promises';
import { run } from '../../src/cli/run.ts';
import { utf8 } from '../../src/core/bytes/text.ts';

/** What `postern conformance --json` says of one case. */
export interface CaseReport {
  readonly id: string;
  readonly verdict?: string;
  readonly authentic?: boolean;
  readonly failed?: readonly string[];
  readonly unresolved?: readonly string[];
  readonly differs: readonly string[];
}

/**
 * Runs a manifest in this process, under whatever `#crypto` the test project has.
 *
 * @param every of so many cases only the first.
 */
export async function conformance(manifest: string, every = 1): Promise<readonly CaseReport[]> {
  const lines: string[] = [];
  await run(['conformance', manifest, '--json'], {
    out: (text) => lines.push(text),
    err: () => undefined,
    readFile: (path) => (path === manifest ? sampled(path, every) : readFile(path)),
    fetch: () => Promise.reject(new Error('conformance needs no network')),
    now: () => Number.NaN,
    pause: () => Promise.reject(new Error('conformance waits for nobody')),
    randomBytes: (length) => new Uint8Array(length),
    env: () => undefined,
    envNames: () => [],
    colours: false,
  });
  return lines.map((line) => JSON.parse(line));
}

async function sampled(manifest: string, every: number): Promise<Uint8Array> {
  const cases = JSON.parse(await readFile(manifest, 'utf8')) as readonly unknown[];
  return utf8(JSON.stringify(cases.filter((_, i) => i % every === 0)));
}
