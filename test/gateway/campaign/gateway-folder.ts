import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gate } from '../../cli/gateway/gateways.ts';
import { GATEWAY, policyFile } from '../../support/fleet-bed.ts';
import { KINDS, type Machine } from './population.ts';
import { fillVendorFolder, writeRoots } from './vendor-folder.ts';

/** The folder of a gateway that runs, and what its first admin was given. */
export interface GatewayFolder {
  readonly dir: string;
  readonly adminKey: string;
}

/**
 * Made by the command line and configured for the simulated world.
 *
 * @param dir where nothing is yet.
 * @param database address of one in PostgreSQL; SQLite otherwise.
 */
export async function makeGatewayFolder(
  dir: string,
  machines: readonly Machine[],
  database: string | undefined,
): Promise<GatewayFolder> {
  const keyFile = `${dir}.admin-key`;
  const made = await gate(
    [
      ...['gateway', 'init', dir, '--origin', GATEWAY, '--proxy', 'a proxy on this host'],
      ...['--listen', '127.0.0.1:0', '--admin-key-file', keyFile],
      ...(database === undefined ? [] : ['--database', 'postgres']),
    ],
    { env: (name) => (name === 'DATABASE_URL' ? database : undefined) },
  );
  if (made.exit !== 0) throw new Error(`no gateway: ${made.err}`);
  const first = KINDS.map((kind) => machines.find((one) => one.kind === kind));
  for (const machine of first) {
    if (machine === undefined) throw new Error('a kind without machines');
    writeFileSync(join(dir, `${machine.kind}.json`), policyOf(machine));
  }
  const [machine] = machines;
  if (machine) writeRoots(join(dir, 'roots'), machine);
  await fillVendorFolder(join(dir, 'endorsements'), machines);
  const file = join(dir, 'postern.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('pools: []', SETTINGS));
  return { dir, adminKey: readFileSync(keyFile, 'utf8').trim() };
}

/** For another machine: the same keys and configuration, and nothing that was published. */
export function copyGatewayFolder({ dir, adminKey }: GatewayFolder, to: string): GatewayFolder {
  cpSync(dir, to, { recursive: true });
  rmSync(join(to, 'ledger/published'), { recursive: true, force: true });
  return { dir: to, adminKey };
}

/** Admissions outlast the campaign; those that are called are called often. */
function policyOf(machine: Machine): Uint8Array {
  return policyFile(machine, machine.kind, ({ spec }) => {
    spec.freshness = {
      nonceTtl: '2m',
      resultTtl: '3h',
      reattestEvery: '1m',
      reattestGrace: '5m',
    };
  });
}

const POOLS = KINDS.map(
  (kind) => `
  - name: ${kind}
    policy: ${kind}.json
    signature: { unsigned: "a test signs nothing" }`,
).join('');

const SETTINGS = `pools:${POOLS}
anchors:
  kind: simulator
  intel: [roots/intel.der]
  amd: [roots/amd.der]
  nvidia: [roots/nvidia.der]
  nvidiaManifests: [roots/rim.der]
endorsements: { offline: true }
times: { retry: 2s, retryMost: 30s }
calls: { endpoints: private-too, deadline: 10s }
limits: { rates: { address: 1000000, node: 1000000, credential: 1000000 } }
logs: { level: error }`;
