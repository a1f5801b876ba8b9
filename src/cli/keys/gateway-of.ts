import type { CredentialDeps } from '../../gateway/identity/credentials.ts';
import type { GatewayStore } from '../../store/gateway-store.ts';
import { readLedgerFolder } from '../audit/ledger-folder.ts';
import { openLedgerStore } from '../audit/open-ledger.ts';
import type { GatewayConfig } from '../gateway/config.ts';
import { readConfig } from '../gateway/read-config.ts';
import type { Io } from '../io.ts';
import type { Args } from '../verb.ts';

/** A gateway's database and configuration, opened beside the gateway itself if that is running. */
export interface GatewayKeys {
  readonly config: GatewayConfig;
  readonly store: GatewayStore;
  readonly deps: CredentialDeps;
}

/** Does something with the keys of the folder that a verb names. */
export async function withGatewayKeys<T>(
  io: Io,
  args: Args,
  act: (keys: GatewayKeys) => Promise<T>,
): Promise<T> {
  const { config } = await readConfig(io, args, args.operand(0));
  const store = await openLedgerStore(io, await readLedgerFolder(config.ledger), 'this');
  try {
    const { now, randomBytes } = io;
    return await act({ config, store, deps: { store, now, randomBytes } });
  } finally {
    await store.close();
  }
}
