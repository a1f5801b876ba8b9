import type { BundleAnchors } from '../../appraisal/bundle/input.ts';
import type { Misfit } from '../../core/document/explain-shape.ts';
import { Fault } from '../../core/fault.ts';
import { parseTlogPolicy, type TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import type { LogIdentity } from '../../ledger/writer/identity.ts';
import {
  type LedgerFolder,
  readArchiveKey,
  readIdentity,
  readLedgerFolder,
} from '../audit/ledger-folder.ts';
import { witnessPeers } from '../audit/witness-peers.ts';
import { asConfiguration } from '../configuration.ts';
import { type Io, usage } from '../io.ts';
import type { GatewayConfig } from './config.ts';
import { type PoolStart, readPool } from './pool-policy.ts';
import { readRoots } from './roots.ts';
import { readTls, type TlsFiles } from './tls-files.ts';
import { readTokenKeys, type TokenKeys } from './token-keys.ts';

/** All that a configuration names, read and verified; nothing is opened, and nobody asked. */
export interface GatewayParts {
  readonly ledger: LedgerFolder;
  readonly identity: LogIdentity;
  readonly tokens: TokenKeys;
  readonly roots: BundleAnchors;
  readonly pools: readonly PoolStart[];
  /** Undefined where a proxy ends TLS. */
  readonly tls: TlsFiles | undefined;
  readonly witnesses: TlogPolicy | undefined;
}

/**
 * Reads what a configuration names.
 *
 * @returns the parts, or at each member what is wrong with what it names.
 */
export async function readParts(
  io: Io,
  config: GatewayConfig,
): Promise<{
  readonly parts: GatewayParts | undefined;
  readonly problems: readonly Misfit[];
}> {
  const problems: Misfit[] = [];
  const at = async <T>(path: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      problems.push({ path, problem: error.at === 'postern' ? error.detail : error.message });
      return undefined;
    }
  };
  const log = await at('ledger', () => readLedger(io, config));
  const tokens = await at('tokens.key', () => readTokenKeys(config.tokens.key));
  const roots = await at('anchors', () => readRoots(io, config.anchors));
  const tls = await at('tls', () => readTls(io, config));
  const witnesses = await at('witnesses.policy', () => readWitnesses(io, config, log?.identity));
  const pools: PoolStart[] = [];
  for (const [i, pool] of config.pools.entries()) {
    const start = await at(`pools[${i}].policy`, () => readPool(io, pool, io.now()));
    if (start) pools.push(start);
  }
  await at('endorsements.rimServiceKey', () => readServiceKey(io, config));
  if (problems.length > 0 || !log || !tokens || !roots) return { parts: undefined, problems };
  return { parts: { ...log, tokens, roots, pools, tls, witnesses }, problems };
}

async function readLedger(io: Io, { ledger: dir, database }: GatewayConfig) {
  const ledger = await readLedgerFolder(dir);
  if (ledger.database !== database) {
    throw usage(`${dir}: its database is ${ledger.database}, and database says ${database}`);
  }
  if (database === 'postgres' && io.env('DATABASE_URL') === undefined) {
    throw usage(`${dir}: its ledger is in PostgreSQL: set DATABASE_URL`);
  }
  const identity = await readIdentity(ledger);
  await readArchiveKey(ledger);
  return { ledger, identity };
}

async function readWitnesses(
  io: Io,
  { witnesses }: GatewayConfig,
  identity: LogIdentity | undefined,
): Promise<TlogPolicy | undefined> {
  if (witnesses === undefined) return undefined;
  const path = witnesses.policy;
  const file = await io.readFile(path);
  const policy = asConfiguration(path, () => parseTlogPolicy(file, path));
  if (identity) witnessPeers(io, identity, policy);
  return policy;
}

async function readServiceKey(io: Io, { endorsements }: GatewayConfig): Promise<void> {
  if (endorsements.rimServiceKey !== undefined) await io.readFile(endorsements.rimServiceKey);
}
