// A thread of a store that says it is ready, and then fails in the way it is asked to.
import { parentPort } from 'node:worker_threads';
import type { Call } from '../../src/store/messages.ts';

parentPort?.on('message', ({ method, args }: Call) => {
  if (method === 'leafById' && args[0] === 'exit') process.exit(3);
  if (method === 'leafById' && args[0] === 'throw') {
    setTimeout(() => {
      throw new Error('a bug in the thread');
    });
  }
  // Any other call is never answered.
});
parentPort?.postMessage({ call: 0, value: undefined });
