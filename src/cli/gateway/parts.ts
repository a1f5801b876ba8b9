import type { BundleAnchors } from '../../appraisal/bundle/input.ts';
import type { Misfit } from '../../core/document/explain-shape.ts';
import { Fault } from '../../core/fault.ts';
import type { TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import type { LogIdentity } from '../../ledger/writer/identity.ts';
import { witnessPolicyOf } from '../audit/cosign.ts';
import {
  type LedgerFolder,
  readArchiveKey,
  readIdentity,
  readLedgerFolder,
} from '../audit/ledger-folder.ts';
import { witnessPeers } from '../audit/witness-peers.ts';
import { type Io, usage } from '../io.ts';
import { type Authorities, readAuthorities } from './certificate-authorities.ts';
import type { GatewayConfig } from './config.ts';
import { readHardwareKey } from './hardware-key.ts';
import { type PoolStart, readPool } from './pool-policy.ts';
import { readRoots } from './roots.ts';
import { serviceKeyIn } from './settings.ts';
import { readTls, type TlsFiles } from './tls-files.ts';
import { readTokenKeys, type TokenKeys } from './token-keys.ts';

/**
 * All that a configuration names, read and verified; nothing is opened, and nobody asked but an
 * ssh-agent that holds the key of an authority.
 */
export interface GatewayParts {
  readonly ledger: LedgerFolder;
  readonly identity: LogIdentity;
  readonly tokens: TokenKeys;
  /** 32 bytes, under which hardware is named in the database. */
  readonly hardwareKey: Uint8Array;
  readonly roots: BundleAnchors;
  readonly pools: readonly PoolStart[];
  /** Undefined where a proxy ends TLS. */
  readonly tls: TlsFiles | undefined;
  readonly authorities: Authorities;
  /** Undefined where the ledger's folder names none. */
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
  const hardwareKey = await at('hardwareKey', () => readHardwareKey(config.hardwareKey));
  const roots = await at('anchors', () => readRoots(io, config.anchors));
  const tls = await at('tls', () => readTls(io, config));
  const witnesses = await at('ledger', () => readWitnesses(io, log));
  const pools: PoolStart[] = [];
  for (const [i, pool] of config.pools.entries()) {
    const start = await at(`pools[${i}].policy`, () => readPool(io, pool, io.now()));
    if (start) pools.push(start);
  }
  const authorities = await readAuthorities(io, config.certificates, at);
  await at('endorsements.rimServiceKey', () => readServiceKey(io, config));
  if (problems.length > 0 || !log || !tokens || !hardwareKey || !roots)
    return { parts: undefined, problems };
  const parts = { ...log, tokens, hardwareKey, roots, pools, tls, authorities, witnesses };
  return { parts, problems };
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
  log: { readonly ledger: LedgerFolder; readonly identity: LogIdentity } | undefined,
): Promise<TlogPolicy | undefined> {
  const policy = log && (await witnessPolicyOf(log.ledger));
  if (log && policy) witnessPeers(io, log.identity, policy);
  return policy;
}

async function readServiceKey(io: Io, { endorsements }: GatewayConfig): Promise<void> {
  const path = endorsements.rimServiceKey;
  if (path !== undefined) serviceKeyIn(await io.readFile(path));
}
