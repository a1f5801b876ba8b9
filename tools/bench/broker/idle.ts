import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { bodyOf, FakeAgent } from '../../../test/support/fake-agent.ts';
import type { Result } from '../measure.ts';
import { sealed } from './ends.ts';

/** Opened at the same time. */
const AT_ONCE = 50;

/** How much memory a gateway has for answers that have begun and stand still. */
export async function idleStreams(count: number): Promise<Result> {
  const agent = await FakeAgent.start();
  agent.serve = async (request, response) => {
    await bodyOf(request);
    agent.begin(response);
  };
  const path = fileURLToPath(new URL('idle-gateway.ts', import.meta.url));
  const gateway = fork(path, [agent.endpoint, `${count}`], {
    execArgv: ['-C', 'postern-src', '--expose-gc'],
  });
  const answers: IncomingMessage[] = [];
  try {
    const [url] = await once(gateway, 'message');
    answers.push(await begun(url));
    const before = await memoryOf(gateway);
    const start = performance.now();
    while (answers.length <= count) {
      const some = Math.min(AT_ONCE, count + 1 - answers.length);
      answers.push(...(await Promise.all(Array.from({ length: some }, () => begun(url)))));
    }
    const seconds = (performance.now() - start) / 1000;
    const after = await memoryOf(gateway);
    return {
      name: 'broker.idle',
      perSecond: count / seconds,
      against: null,
      ratio: null,
      also: {
        streams: count,
        rssMiB: after.rss / 2 ** 20,
        rssEach: (after.rss - before.rss) / count,
        heapEach: (after.heapUsed - before.heapUsed) / count,
      },
    };
  } finally {
    for (const answer of answers) answer.destroy();
    const gone = once(gateway, 'exit');
    gateway.disconnect();
    await gone;
    await agent.stop();
  }
}

async function begun(url: string): Promise<IncomingMessage> {
  const [answer] = await once(sealed(url), 'response');
  await once(answer, 'data');
  answer.on('error', () => {});
  return answer;
}

async function memoryOf(gateway: ChildProcess): Promise<NodeJS.MemoryUsage> {
  gateway.send('memory');
  const [usage] = await once(gateway, 'message');
  return usage;
}
