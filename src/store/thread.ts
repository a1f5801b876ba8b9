import { parentPort, workerData } from 'node:worker_threads';
import type { GatewayStore } from './gateway-store.ts';
import {
  type Answer,
  type Beginning,
  type Call,
  faultData,
  type Method,
  type News,
  type Watching,
} from './messages.ts';
import { openDriver } from './open-driver.ts';
import { SqlStore } from './sql-store.ts';

/**
 * The store's own thread: every fsync, every seal and every wait for a database happens here.
 * Answers calls in whatever order they are done, and ends after `close`.
 */
async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const answer = (given: Answer, transfer: ArrayBuffer[] = []) => port.postMessage(given, transfer);
  let store: GatewayStore;
  try {
    store = await openStore(workerData as Beginning);
  } catch (error) {
    return answer({ call: 0, fault: faultData(error) });
  }
  const watching = watchingOf(store, (news) => port.postMessage(news));
  port.on('message', async ({ call, method, args }: Call) => {
    try {
      const value = await invoke({ store, watching }, method, args);
      answer({ call, value }, ownBuffer(value));
    } catch (error) {
      answer({ call, fault: faultData(error) });
    }
    // A closed store has nothing left to say, even where closing it failed.
    if (method === 'close') port.close();
  });
  answer({ call: 0, value: undefined });
}

async function openStore({ place, archiveKey }: Beginning): Promise<GatewayStore> {
  const driver = await openDriver(place);
  try {
    return await SqlStore.open(driver, archiveKey);
  } catch (error) {
    await driver.close();
    throw error;
  }
}

/** Begun and ended in turns: the other side waits for each. */
function watchingOf(store: GatewayStore, tell: (news: News) => void): Watching {
  let stop: (() => Promise<void>) | undefined;
  return {
    watch: async () => {
      stop = await store.watchEvents(() => tell({ news: 'events' }));
    },
    unwatch: async () => stop?.(),
  };
}

interface Served {
  readonly store: GatewayStore;
  readonly watching: Watching;
}

/** The compiler has seen, where the call was made, that the arguments are the method's. */
function invoke({ store, watching }: Served, method: Method, args: Call['args']): Promise<unknown> {
  if (method === 'watch' || method === 'unwatch') return watching[method]();
  const run = store[method] as (...given: Call['args']) => Promise<unknown>;
  return run.apply(store, args);
}

/** A blob may be large, and is nobody else's: moved, not copied. */
function ownBuffer(value: unknown): ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || !(value.buffer instanceof ArrayBuffer)) return [];
  return value.byteLength === value.buffer.byteLength ? [value.buffer] : [];
}

if (parentPort !== null) await serve(parentPort);
