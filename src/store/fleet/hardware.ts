import { Fault } from '../../core/fault.ts';
import type { Row, Sql } from '../driver.ts';
import { allIn } from '../many.ts';
import { checked, textOf, withSum } from '../row-sum.ts';
import { isStorable } from '../storable.ts';

export async function ownersOf(
  sql: Sql,
  hardware: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = [...new Set(hardware)].filter(isStorable);
  const rows = await allIn(sql, 'SELECT * FROM hardware WHERE name IN', names);
  const owners = new Map(rows.map(ownerOf));
  return new Map(names.flatMap((name) => entryOf(owners, name)));
}

/**
 * A node has this hardware, and no other.
 *
 * @throws Fault `conflict` at `hardware[<name>]` where another node has it.
 */
export async function keepHardware(
  sql: Sql,
  node: string,
  hardware: readonly string[],
): Promise<void> {
  const rows = await sql.all('SELECT * FROM hardware WHERE node = ?', node);
  const before = new Set(rows.map((row) => ownerOf(row)[0]));
  const fresh = hardware.filter((name) => !before.has(name));
  for (const [name, owner] of await ownersOf(sql, fresh)) {
    throw new Fault('conflict', `hardware[${name}]`, `node ${owner} has it`);
  }
  for (const name of before.difference(new Set(hardware))) {
    await sql.run('DELETE FROM hardware WHERE name = ?', name);
  }
  if (fresh.length === 0) return;
  await sql.insert(
    'hardware',
    fresh.map((name) => withSum('hardware', { name, node })),
  );
}

function ownerOf(row: Row): readonly [name: string, node: string] {
  checked('hardware', row);
  return [textOf(row['name']), textOf(row['node'])];
}

function entryOf(owners: ReadonlyMap<string, string>, name: string): [string, string][] {
  const node = owners.get(name);
  return node === undefined ? [] : [[name, node]];
}
