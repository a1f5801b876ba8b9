// A thread of a pool that does what it is told to, and fails in the way it is asked to.
import { parentPort, workerData } from 'node:worker_threads';
import { Fault } from '../../../../src/core/fault.ts';
import { faultData } from '../../../../src/core/fault-data.ts';

export type Told =
  | { readonly echo: unknown }
  | { readonly fault: string }
  | { readonly do: 'exit' | 'throw' | 'spin' | 'count' };

let done = 0;
parentPort?.on('message', (told: Told) => {
  done++;
  const say = (value: unknown) => parentPort?.postMessage({ value });
  if ('echo' in told) say(told.echo);
  else if ('fault' in told) {
    const fault = faultData(new Fault('malformed', 'work', told.fault), 'work');
    parentPort?.postMessage({ fault });
  } else if (told.do === 'count') say(done);
  else if (told.do === 'exit') process.exit(3);
  else if (told.do === 'throw') throw new Error('a bug in the thread');
  else for (;;);
});
if (workerData === 'broken') throw new Error('it can’t begin');
parentPort?.postMessage('ready');
