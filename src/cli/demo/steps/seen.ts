import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../../core/bytes/hex.ts';
import { type Scene, wantShown } from '../scene.ts';
import { PROMPT } from './answered.ts';

/** Of the headers that came those that say something; the key of the account stays out of sight. */
const TELLING = ['content-type', 'incremental', 'postern-model', 'postern-resume'];
const SHOWN_BYTES = 24;

/** All that the gateway could see of the prompt and of its answer. */
export async function showSeen({ world, teller, recording }: Scene): Promise<void> {
  teller.begin('What the gateway saw of it');
  const relayed = recording.last('POST', '/ohttp/');
  wantShown(relayed !== undefined, 'a sealed request passed');
  if (relayed === undefined) return;
  const { asked, pieces } = relayed;
  const headers = TELLING.flatMap((name) => {
    const value = asked.headers[name];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  teller.line(`${asked.method} ${asked.path}`);
  for (const [name, value] of headers) teller.line(`${name}: ${value}`, 'dim');
  teller.line('authorization: the client’s API key of the gateway', 'dim');
  const begins = toHex(asked.body.subarray(0, SHOWN_BYTES));
  const responseBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  teller.line(`${begins}…  ${asked.body.length} bytes up, ${responseBytes} down`);
  const passedInClear = recording.has(PROMPT);
  const { files, found } = await search(world.dir, PROMPT);
  wantShown(!passedInClear && found.length === 0, 'the prompt is nowhere in clear text');
  teller.good(
    `the prompt is in none of it, nor in any of ${files} files of gateway, ledger and logs`,
  );
  teller.facts('seen', {
    method: asked.method,
    path: asked.path,
    headers: Object.fromEntries(headers),
    begins,
    requestBytes: asked.body.length,
    responseBytes,
    passedInClear,
    filesSearched: files,
    filesFound: found,
  });
}

/** Which files have a text; the database with all that is not yet in it among them. */
async function search(dir: string, text: string) {
  const all = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const found: string[] = [];
  let files = 0;
  for (const path of paths) {
    // A file of a moment may be gone by now.
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) continue;
    files++;
    if (bytes.includes(text)) found.push(path);
  }
  return { files, found };
}
