import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { StoreOptions } from '../../../src/store/open.ts';
import type { Scratch } from '../ledger/scratch.ts';
import type { Heat, Trial } from '../trial.ts';
import { admissions } from './admissions.ts';
import { type FleetEvidence, simulateFleet } from './fleet-evidence.ts';
import { verifyRequests } from './requests.ts';
import { GrowingFleet } from './rounds.ts';

/** Machines that answer at the same time. */
const MACHINES = 64;
const SIZES = [10, 100, 1000, 10_000] as const;

/** All of a gateway's rows in two minutes. */
const HEAT: Heat = { now: () => performance.now(), rounds: 9 };

/**
 * The rows about gateways, in the order printed. Nothing is made before a row is run.
 *
 * @param postgres a server where databases may be made and dropped; without it, a row is left out.
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
  let growing: Promise<GrowingFleet> | undefined;
  const fleet = () => {
    growing ??= (async () => {
      const opened = await GrowingFleet.open(fileOf(scratch, 'fleet'), await evidence());
      scratch.onEnd(() => opened.close());
      return opened;
    })();
    return growing;
  };
  if (postgres === undefined) {
    warn('gateway.admit.postgres is left out: POSTERN_TEST_POSTGRES names no server');
  }
  return [
    {
      name: 'gateway.admit.sqlite',
      run: async () => {
        const place = async (name: string) => fileOf(scratch, `admit-${name}`);
        return admissions('sqlite', place, await evidence(), HEAT);
      },
    },
    ...(postgres === undefined
      ? []
      : [
          {
            name: 'gateway.admit.postgres',
            run: async () => {
              const place = () => databaseOn(scratch, postgres);
              return admissions('postgres', place, await evidence(), HEAT);
            },
          },
        ]),
    {
      name: 'gateway.verify',
      run: async () => verifyRequests(fileOf(scratch, 'verify'), await evidence(), HEAT),
    },
    ...SIZES.map((size) => ({
      name: `gateway.fleet.${size}`,
      run: async () => (await fleet()).rounds(size, HEAT),
    })),
  ];
}

function fileOf(scratch: Scratch, name: string): StoreOptions {
  return { file: scratch.path(`${name}.sqlite`) };
}

/** A database of its own, dropped when the bench is over. */
async function databaseOn(scratch: Scratch, server: string): Promise<StoreOptions> {
  const name = `postern_bench_${randomBytes(6).toString('hex')}`;
  await query(server, `CREATE DATABASE ${name}`);
  scratch.onEnd(() => query(server, `DROP DATABASE ${name} WITH (FORCE)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href };
}

async function query(server: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
