import { parentPort, workerData } from 'node:worker_threads';
import type { LedgerStore } from '../ledger/store.ts';
import { Following } from './following.ts';
import { type Answer, type Beginning, type Call, faultData, type Next } from './messages.ts';
import { openDriver } from './open-driver.ts';
import { SqlStore } from './sql-store.ts';

/**
 * The store's own thread: every fsync, every seal and every wait for a database happens here.
 * Answers calls in whatever order they are done, and ends after `close`.
 */
async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const answer = (given: Answer, transfer: ArrayBuffer[] = []) => port.postMessage(given, transfer);
  const following = new Following();
  let store: SqlStore;
  try {
    store = await openStore(workerData as Beginning);
  } catch (error) {
    return answer({ call: 0, fault: faultData(error) });
  }
  port.on('message', async (message: Call | Next) => {
    if ('of' in message) return following.take(message);
    const { call, method } = message;
    try {
      const value = await invoke(store, message, following);
      answer({ call, value }, ownBuffer(value));
    } catch (error) {
      answer({ call, fault: faultData(error) });
    }
    // A closed store has nothing left to say, even where closing it failed.
    if (method === 'close') port.close();
  });
  answer({ call: 0, value: undefined });
}

async function openStore({ place, archiveKey }: Beginning): Promise<SqlStore> {
  const driver = await openDriver(place);
  try {
    return await SqlStore.open(driver, archiveKey);
  } catch (error) {
    await driver.close();
    throw error;
  }
}

/** The compiler has seen, where the call was made, that the arguments are the method's. */
function invoke(
  store: SqlStore,
  { call, method, args }: Call,
  following: Following,
): Promise<unknown> {
  if (method === 'commit') {
    const next = following.of(call);
    return store.commit(...args, () => next);
  }
  const run = (store as LedgerStore)[method] as (...given: Call['args']) => Promise<unknown>;
  return run.apply(store, args);
}

/** A blob may be large, and is nobody else's: moved, not copied. */
function ownBuffer(value: unknown): ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || !(value.buffer instanceof ArrayBuffer)) return [];
  return value.byteLength === value.buffer.byteLength ? [value.buffer] : [];
}

if (parentPort !== null) await serve(parentPort);
