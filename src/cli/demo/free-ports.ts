import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Fault } from '../../core/fault.ts';

/** Below those that systems hand out by themselves: nobody is given one of these in the meantime. */
const RANGE = { from: 20_000, to: 32_000 } as const;
const MOST_TRIES = 1000;

/** Ports of the loopback that were free a moment ago, each another. @throws Fault `unreachable`. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries === MOST_TRIES) throw new Fault('unreachable', 'demo', 'no port is free here');
    const port = randomInt(RANGE.from, RANGE.to);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const isFree = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (isFree) await new Promise((done) => server.close(done));
  return isFree;
}
