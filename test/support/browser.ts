import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const CHROMIUM = '/usr/bin/chromium';

/** Whether tests can run pages; where they can't they are reported as skipped, and it is said. */
export const HAS_CHROMIUM = existsSync(CHROMIUM);

export function sayWithoutChromium(what: string): void {
  if (!HAS_CHROMIUM) process.stderr.write(`\nno ${CHROMIUM}: ${what} was NOT run in a browser\n`);
}

/** A script with all that it imports, with the portable crypto, as a bundler for browsers would. */
export async function bundledForBrowsers(script: URL): Promise<string> {
  const made = await rolldown({
    input: fileURLToPath(script),
    platform: 'browser',
    resolve: {
      conditionNames: ['postern-src', 'postern-portable', 'browser', 'import', 'default'],
    },
    logLevel: 'silent',
  });
  const { output } = await made.generate({ format: 'esm', codeSplitting: false });
  await made.close();
  return output[0].code;
}

/** Opens a page. @param folder for what the browser keeps. */
export function openChromium(url: string, folder: string): ChildProcess {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
  return spawn(CHROMIUM, [...flags, `--user-data-dir=${folder}`, url], { stdio: 'ignore' });
}
