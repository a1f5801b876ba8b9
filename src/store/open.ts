import type { GatewayStore } from './gateway-store.ts';
import type { Place } from './messages.ts';
import { nameOf } from './place.ts';
import { RemoteStore } from './remote-store.ts';

/** Whose event loop waits for a store: that of a thread of its own, or that of whoever opens it. */
export type StoreThread = 'own' | 'this';

export type StoreOptions = Place & {
  /**
   * 32 bytes, under which the archive is sealed. Without it all but blobs can be read, and nothing
   * archived.
   */
  readonly archiveKey?: Uint8Array;
  /**
   * `own` unless said. `this` is for who has nothing else to do meanwhile: while calls to SQLite
   * follow one another, no timer runs in it and no signal is handled. The other one takes longer to
   * begin than many a command to be done.
   */
  readonly thread?: StoreThread;
};

/**
 * Opens a store, and makes it first where there is none: a file of SQLite, or the schema `postern`
 * of a PostgreSQL database (`postgres://…`).
 *
 * @throws Fault at the file or address: `unreachable`, `malformed` for what is no database,
 *   `unsupported` for one of a newer release, `conflict` for one of something else or sealed under
 *   another key, `usage` for an address or a key that is none.
 */
export async function openStore(options: StoreOptions): Promise<GatewayStore> {
  const { archiveKey, thread = 'own', ...place } = options;
  if (thread === 'own') return RemoteStore.open(ENTRY, nameOf(place), { place, archiveKey });
  const { openHere } = await import('./open-here.ts');
  return openHere({ place, archiveKey });
}

const SOURCE = new URL('./thread.ts', import.meta.url);

/** Built, it is JavaScript: the compiler rewrites imports, but no URL. */
const ENTRY = import.meta.url.endsWith('.ts')
  ? SOURCE
  : new URL(SOURCE.href.replace(/\.ts$/, '.js'));
