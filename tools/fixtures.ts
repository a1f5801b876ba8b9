import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindingFixtures } from './fixtures/binding.ts';
import { bundleFixtures } from './fixtures/bundle.ts';
import { nvidiaFixtures } from './fixtures/nvidia.ts';
import { snpFixtures } from './fixtures/snp.ts';
import { tdxFixtures } from './fixtures/tdx.ts';

/** Writes `fixtures/<kind>/` anew: what nothing makes any more does not stay behind. */
function write(kind: string, files: ReadonlyMap<string, Uint8Array>): void {
  const folder = fileURLToPath(new URL(`../fixtures/${kind}/`, import.meta.url));
  rmSync(folder, { recursive: true, force: true });
  let bytes = 0;
  for (const [path, content] of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
    bytes += content.length;
  }
  process.stdout.write(`fixtures/${kind}: ${files.size} files, ${bytes} bytes\n`);
}

write('tdx', await tdxFixtures());
write('snp', await snpFixtures());
write('nvidia', nvidiaFixtures());
write('binding', bindingFixtures());
write('bundle', await bundleFixtures());
