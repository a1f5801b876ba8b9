import { utf8 } from '../../src/core/bytes/text.ts';
import type { LedgerStore } from '../../src/ledger/store.ts';
import type { NewEntry } from '../../src/ledger/writer/batch.ts';
import type { LogIdentity } from '../../src/ledger/writer/identity.ts';
import { LedgerWriter, type LedgerWriterDeps } from '../../src/ledger/writer/ledger-writer.ts';
import { signedCheckpoint, testSigner } from './notes.ts';

export const ORIGIN = 'log.example/writer';

const classic = testSigner(ORIGIN, 'note', 1);
const postQuantum = testSigner(ORIGIN, 'cosignature-ml-dsa-44', 2);

/** Of a log that signs with both kinds of keys. */
export const BOTH: LogIdentity = identityOf(classic, postQuantum);
/** The same log by its first key alone, with which tests go many times as fast. */
export const CLASSIC: LogIdentity = identityOf(classic);

function identityOf(...signers: readonly ReturnType<typeof testSigner>[]): LogIdentity {
  return { origin: ORIGIN, signers, keys: signers.map(({ key }) => key) };
}

/** A checkpoint of the test's log by its first key. */
export function checkpointOf(size: number, root: Uint8Array, origin = ORIGIN): Uint8Array {
  return signedCheckpoint({ origin, size: BigInt(size), root, extensions: [] }, [classic]);
}

export const TIMES = { look: 1, silence: 20, beat: 7, patience: 200 };

/** Gives way to all that is ready to go on, however long the pause says to be. */
export const quickPause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The same for whoever waits for a lease; a holder gives no sign of life of its own accord. */
export const beatless = (ms: number): Promise<void> =>
  ms === TIMES.beat ? new Promise(() => undefined) : quickPause();

export const NOW = 1_790_000_000_000;

export function writerOn<Companion>(
  store: LedgerStore<Companion>,
  more: Partial<LedgerWriterDeps<Companion>> = {},
): Promise<LedgerWriter<Companion>> {
  return LedgerWriter.open({
    store,
    identity: CLASSIC,
    holder: 'first',
    now: () => NOW,
    pause: beatless,
    times: TIMES,
    ...more,
  });
}

export const numbered = (from: number, count: number): NewEntry[] =>
  Array.from({ length: count }, (_, i) => ({ id: `id-${from + i}`, entry: utf8(`e${from + i}`) }));

/** Hands all of them over at once. */
export function appendAll<Companion>(
  writer: LedgerWriter<Companion>,
  entries: readonly NewEntry<Companion>[],
) {
  return Promise.all(entries.map((entry) => writer.append(entry)));
}
