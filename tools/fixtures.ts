import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tdxFixtures } from './fixtures/tdx.ts';

/** Writes `fixtures/tdx/` anew: what nothing makes any more does not stay behind. */
const folder = fileURLToPath(new URL('../fixtures/tdx/', import.meta.url));
const files = await tdxFixtures();
rmSync(folder, { recursive: true, force: true });
let bytes = 0;
for (const [path, content] of files) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  bytes += content.length;
}
process.stdout.write(`fixtures/tdx: ${files.size} files, ${bytes} bytes\n`);
