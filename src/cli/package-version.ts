import { readFile } from 'node:fs/promises';

/** As in package.json, beside the code that runs. */
export async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return JSON.parse(text).version;
}
