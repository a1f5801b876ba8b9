import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BESIDE_THE_CHECKOUT = fileURLToPath(new URL('../../../shared/vectors', import.meta.url));

/**
 * A folder of the published vectors, which are not part of this repository: below
 * `POSTERN_VECTORS`, or else below `shared/vectors` beside the checkout.
 *
 * @returns undefined when there are none, after a warning that can't be overlooked. A folder
 * that was asked for by name and is not there is an error: a test run must not go green on nothing.
 */
export function vectorsFolder(name: string): string | undefined {
  const named = process.env['POSTERN_VECTORS'];
  const folder = join(named ?? BESIDE_THE_CHECKOUT, name);
  if (existsSync(folder)) return folder;
  if (named !== undefined) throw new Error(`POSTERN_VECTORS is set, but there is no ${folder}`);
  process.stderr.write(
    `\n*** WARNING: no test vectors "${name}"; set POSTERN_VECTORS. Their tests are SKIPPED. ***\n\n`,
  );
  return undefined;
}
