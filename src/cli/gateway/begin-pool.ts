import { Fault } from '../../core/fault.ts';
import type { FleetService } from '../../gateway/fleet/service.ts';
import type { FleetStore } from '../../gateway/fleet/store.ts';
import { type Io, warn } from '../io.ts';
import type { PoolStart } from './pool-policy.ts';

/** Another gateway of the database that starts at this moment may be before this one. */
const MOST_ATTEMPTS = 5;

export interface PoolHome {
  readonly service: Pick<FleetService, 'activatePolicy'>;
  readonly store: Pick<FleetStore, 'poolPolicy'>;
}

/** The policy of the file decides from now on, unless a later one does already. */
export async function beginPool(io: Io, home: PoolHome, start: PoolStart): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await begin(io, home, start);
    } catch (error) {
      const isRaced =
        error instanceof Fault &&
        error.code === 'conflict' &&
        error.at === `pools[${start.pool.name}]`;
      if (!isRaced || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

async function begin(
  io: Io,
  { service, store }: PoolHome,
  { pool: { name }, file, revocations, read }: PoolStart,
): Promise<void> {
  const before = await store.poolPolicy(name);
  const { revision } = read.policy.metadata;
  const gateway = { kind: 'anyone' } as const;
  if (before?.name === read.policy.metadata.name && revision < before.revision) {
    const text = `revision ${before.revision} decides, and the file has revision ${revision}`;
    warn(io, `pool ${name}: ${text}`);
    // What revokes counts, whatever it came with.
    if (revocations.length > 0) {
      await service.activatePolicy(name, gateway, before.file, revocations);
    }
    return;
  }
  const after = await service.activatePolicy(name, gateway, file, revocations);
  if (after.activatedAt === before?.activatedAt) return;
  warn(io, `pool ${name}: ${read.policy.metadata.name} revision ${revision} decides`);
}
