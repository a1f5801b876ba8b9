// Watches events, and then has nothing more to do: with its store closed, or left as it is.
import type { Place } from '../../src/store/messages.ts';
import { openStore } from '../../src/store/open.ts';
import { ARCHIVE_KEY } from './ledger-batches.ts';

interface Task {
  readonly place: Place;
  readonly end: 'close' | 'leave';
}

const { place, end } = JSON.parse(process.argv[2] ?? '') as Task;

const store = await openStore({ ...place, archiveKey: ARCHIVE_KEY });
await store.watchEvents(() => process.stdout.write('called\n'));
if (end === 'close') await store.close();
process.stdout.write('done\n');
