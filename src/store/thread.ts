import { parentPort, workerData } from 'node:worker_threads';
import { Following } from './following.ts';
import {
  type Answer,
  type Beginning,
  type Call,
  faultData,
  type News,
  type Next,
  type Watching,
} from './messages.ts';
import { openHere } from './open-here.ts';
import type { SqlStore } from './sql-store.ts';

/**
 * The store's own thread: every fsync, every seal and every wait for a database happens here.
 * Answers calls in whatever order they are done, and ends after `close`.
 */
async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const answer = (given: Answer, transfer: ArrayBuffer[] = []) => port.postMessage(given, transfer);
  const following = new Following();
  let store: SqlStore;
  try {
    store = await openHere(workerData as Beginning);
  } catch (error) {
    return answer({ call: 0, fault: faultData(error) });
  }
  const watching = watchingOf(store, (news) => port.postMessage(news));
  port.on('message', async (message: Call | Next) => {
    if ('of' in message) return following.take(message);
    const { call, method } = message;
    try {
      const value = await invoke({ store, watching, following }, message);
      answer({ call, value }, ownBuffer(value));
    } catch (error) {
      answer({ call, fault: faultData(error) });
    }
    // A closed store has nothing left to say, even where closing it failed.
    if (method === 'close') port.close();
  });
  answer({ call: 0, value: undefined });
}

/** Begun and ended in turns: the other side waits for each. */
function watchingOf(store: SqlStore, tell: (news: News) => void): Watching {
  let stop: (() => Promise<void>) | undefined;
  return {
    watch: async () => {
      stop = await store.watchEvents(() => tell({ news: 'events' }));
    },
    unwatch: async () => stop?.(),
  };
}

interface Served {
  readonly store: SqlStore;
  readonly watching: Watching;
  readonly following: Following;
}

/** The compiler has seen, where the call was made, that the arguments are the method's. */
function invoke(
  { store, watching, following }: Served,
  { call, method, args }: Call,
): Promise<unknown> {
  if (method === 'watch' || method === 'unwatch') return watching[method]();
  if (method === 'commit') {
    const next = following.of(call);
    return store.commit(...args, () => next);
  }
  const run = store[method] as (...given: Call['args']) => Promise<unknown>;
  return run.apply(store, args);
}

/** A blob may be large, and is nobody else's: moved, not copied. */
function ownBuffer(value: unknown): ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || !(value.buffer instanceof ArrayBuffer)) return [];
  return value.byteLength === value.buffer.byteLength ? [value.buffer] : [];
}

if (parentPort !== null) await serve(parentPort);
