import type { BrokerStore } from '../gateway/broker/store.ts';
import type { FleetChange, FleetStore } from '../gateway/fleet/store.ts';
import type { IdentityStore } from '../gateway/identity/store.ts';
import type { LedgerStore } from '../ledger/store.ts';

/** All that a gateway keeps, in one database: what changes with an entry of the log, or not at all. */
export type GatewayStore = LedgerStore<FleetChange> & FleetStore & IdentityStore & BrokerStore;
