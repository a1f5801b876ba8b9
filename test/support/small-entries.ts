import { createHash } from 'node:crypto';
import { writeLeaf } from '../../src/ledger/leaf/entry.ts';
import type { NewEntry } from '../../src/ledger/writer/batch.ts';

/** 16 bytes that a name always leads to. */
export function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

/** A leaf that is no decision. */
export function smallEntry(name: string): NewEntry {
  const id = idOf(name);
  const digest = `sha256:${'ab'.repeat(32)}`;
  const policy = { name: 'gpu-nodes', revision: 7, digest };
  const time = 1_790_000_000_000;
  return { id, entry: writeLeaf({ v: 1, type: 'policy.activated', id, time, policy }) };
}
