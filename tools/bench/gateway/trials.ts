import type { StoreOptions } from '../../../src/store/open.ts';
import type { Scratch } from '../ledger/scratch.ts';
import type { Heat, Trial } from '../trial.ts';
import { admissions } from './admissions.ts';
import { benchGateway } from './bench-gateway.ts';
import { type FleetEvidence, simulateFleet } from './fleet-evidence.ts';
import { admissionsOver, type FleetRow, rounds, verifications } from './fleet-rows.ts';
import { GrowingFleet } from './growing-fleet.ts';
import { databaseOn, fileOf } from './places.ts';
import { verifyRequests } from './requests.ts';

/** Machines that answer at the same time. */
const MACHINES = 64;
const SIZES = [10, 100, 1000, 10_000] as const;

const FLEET_ROWS: Readonly<Record<string, FleetRow>> = {
  'gateway.fleet': rounds,
  'gateway.fleet.verify': verifications,
  'gateway.fleet.admit': admissionsOver,
};

/** All of a gateway's rows in six minutes. */
const now = () => performance.now();
const HEAT: Heat = { now, rounds: 9 };
/** There are many sizes. */
const FLEET_HEAT: Heat = { now, rounds: 5 };

interface Store {
  readonly kind: 'sqlite' | 'postgres';
  /** A database for each name. */
  readonly place: (name: string) => Promise<StoreOptions>;
}

/**
 * The rows about gateways, in the order printed. Nothing is made before a row is run.
 *
 * @param postgres a server where databases may be made and dropped; without it, its rows are left out.
 */
export function gatewayTrials(
  scratch: Scratch,
  postgres: string | undefined,
  warn: (text: string) => void,
): readonly Trial[] {
  let made: Promise<FleetEvidence> | undefined;
  const evidence = () => {
    made ??= simulateFleet(MACHINES);
    return made;
  };
  if (postgres === undefined) {
    warn('gateway.*.postgres is left out: POSTERN_TEST_POSTGRES names no server');
  }
  const sqlite: Store = { kind: 'sqlite', place: async (name) => fileOf(scratch, name) };
  const stores: readonly Store[] = [
    sqlite,
    ...(postgres === undefined
      ? []
      : [{ kind: 'postgres', place: () => databaseOn(scratch, postgres) } as const]),
  ];
  return [
    ...stores.map(({ kind, place }) => ({
      name: `gateway.admit.${kind}`,
      run: async () => admissions(kind, place, await evidence(), HEAT),
    })),
    {
      name: 'gateway.verify',
      run: async () => {
        const gateway = await benchGateway(await sqlite.place('verify'), await evidence());
        try {
          return await verifyRequests('gateway.verify', gateway, await evidence(), HEAT);
        } finally {
          await gateway.close();
        }
      },
    },
    ...stores.flatMap((store) => fleetTrials(store, scratch, evidence)),
  ];
}

/** One fleet a database, which grows from size to size. */
function fleetTrials(
  { kind, place }: Store,
  scratch: Scratch,
  evidence: () => Promise<FleetEvidence>,
): readonly Trial[] {
  let growing: Promise<GrowingFleet> | undefined;
  const fleet = () => {
    growing ??= (async () => {
      const opened = await GrowingFleet.open(await place('fleet'), await evidence());
      scratch.onEnd(() => opened.close());
      return opened;
    })();
    return growing;
  };
  return SIZES.flatMap((size) =>
    Object.entries(FLEET_ROWS).map(([row, run]) => {
      const name = `${row}${kind === 'sqlite' ? '' : `.${kind}`}.${size}`;
      return { name, run: async () => run(name, await fleet(), size, FLEET_HEAT) };
    }),
  );
}
