import { parentPort, workerData } from 'node:worker_threads';
import { bareInserts } from './bare-inserts.ts';

/** Bare inserts in a thread of their own: one transaction each time that it is asked for one. */
const { insert, close } = bareInserts(workerData as Parameters<typeof bareInserts>[0]);
parentPort?.on('message', (message: 'insert' | 'close') => {
  if (message === 'insert') insert();
  else close();
  parentPort?.postMessage(message);
  if (message === 'close') parentPort?.close();
});
parentPort?.postMessage('open');
