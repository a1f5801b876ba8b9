import { brokerBed, POOL } from '../../../test/support/broker-bed.ts';
import { barePipe } from '../bare-pipe.ts';
import type { Scratch } from '../ledger/scratch.ts';
import { compare, type Heat, type Side, type Trial } from '../trial.ts';
import { longAgent, take } from './ends.ts';
import { idleStreams } from './idle.ts';
import { hasNginx, nginxBefore } from './nginx.ts';

/** Answers of one side of a round. */
const ANSWERS = 2;
const HEAT: Heat = { now: () => performance.now(), rounds: 7 };
const IDLE = 2000;

/** Where a client asks. */
interface Ways {
  readonly relay: string;
  readonly pipe: string;
  readonly endpoint: string;
}

/** The rows about the relay, in MiB a second. Nothing is made before a row is run. */
export function brokerTrials(scratch: Scratch, warn: (text: string) => void): readonly Trial[] {
  let made: Promise<Ways> | undefined;
  const ways = () => {
    made ??= openWays(scratch);
    return made;
  };
  const against = async (name: string, url: string, headers = {}) =>
    compare(side(name, url, headers), side('limit.pipe', (await ways()).pipe), HEAT);
  const nginx = hasNginx();
  if (!nginx) warn('peer.nginx is left out: there is no nginx here');
  return [
    {
      name: 'broker.relay',
      atLeast: 0.85,
      run: async () => against('broker.relay', (await ways()).relay),
    },
    {
      name: 'broker.relay.kept',
      run: async () =>
        against('broker.relay.kept', (await ways()).relay, { 'postern-resume': '?1' }),
    },
    ...(nginx
      ? [
          {
            name: 'broker.peer.nginx',
            run: async () => {
              const { endpoint } = await ways();
              return against('broker.peer.nginx', await nginxBefore(endpoint, scratch));
            },
          },
        ]
      : []),
    { name: 'broker.idle', run: () => idleStreams(IDLE) },
  ];
}

function side(name: string, url: string, headers: Readonly<Record<string, string>> = {}): Side {
  return { name, prepare: async () => () => take(url, ANSWERS, headers) };
}

async function openWays(scratch: Scratch): Promise<Ways> {
  const agent = await longAgent();
  const { endpoint } = agent;
  const each = { requests: 1_000_000, streams: 100, tokens: undefined, evidence: 1 };
  const bed = await brokerBed({ limits: { each } });
  const pipe = await barePipe(new URL('sealed', endpoint));
  scratch.onEnd(async () => {
    await bed.close();
    await pipe.close();
    await agent.stop();
  });
  const relay = `${bed.url}/ohttp/${POOL}/${bed.admit(agent)}`;
  return { relay, pipe: pipe.url, endpoint };
}
