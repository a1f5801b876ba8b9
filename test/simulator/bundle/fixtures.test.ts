import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bundleFixtures } from '../../../tools/fixtures/bundle.ts';

const FOLDER = fileURLToPath(new URL('../../../fixtures/bundle/', import.meta.url));

function filesOnDisk(): string[] {
  return readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(FOLDER.length));
}

it('the fixtures on disk are what the simulator makes, name by name and byte by byte', async () => {
  const made = await bundleFixtures();
  expect(filesOnDisk().sort()).toEqual([...made.keys()].sort());
  const stale = [...made].filter(
    ([path, bytes]) => Buffer.compare(readFileSync(join(FOLDER, path)), bytes) !== 0,
  );
  expect(stale.map(([path]) => path)).toEqual([]);
}, 300_000);
