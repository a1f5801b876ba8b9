import { readFile } from 'node:fs/promises';
import { run } from '../../src/cli/run.ts';

/** What `postern conformance --json` says of one case. */
export interface CaseReport {
  readonly id: string;
  readonly verdict?: string;
  readonly authentic?: boolean;
  readonly failed?: readonly string[];
  readonly unresolved?: readonly string[];
  readonly differs: readonly string[];
}

/** Runs a manifest in this process, under whatever `#crypto` the test project has. */
export async function conformance(manifest: string): Promise<readonly CaseReport[]> {
  const lines: string[] = [];
  await run(['conformance', manifest, '--json'], {
    out: (text) => lines.push(text),
    err: () => undefined,
    readFile,
    fetch: () => Promise.reject(new Error('conformance needs no network')),
    now: () => Number.NaN,
    pause: () => Promise.reject(new Error('conformance waits for nobody')),
    randomBytes: (length) => new Uint8Array(length),
    colours: false,
  });
  return lines.map((line) => JSON.parse(line));
}
