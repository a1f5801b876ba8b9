import { eventsIn, WholeEvents } from '../../../src/client/proxy/events.ts';
import { MODEL, sessionsWorld } from '../../../test/support/sessions-world.ts';
import { type BarePipe, barePipe } from '../bare-pipe.ts';
import type { Scratch } from '../ledger/scratch.ts';
import { median, type Result } from '../measure.ts';
import type { Trial } from '../trial.ts';

/** Asks for a chat completion, streamed. */
type Ask = (body: string) => Promise<Response>;

/** The same model server, by two ways. */
interface Ways {
  readonly sealed: Ask;
  readonly plain: Ask;
}

const ROUNDS = 41;
const WARM_UP = 10;
const TOKENS = 1000;
/** Streams at the same time. */
const AT_ONCE = 4;
const STREAM_ROUNDS = 9;

/** The rows about sealed sessions. Nothing is made before a row is run. */
export function sessionTrials(scratch: Scratch): readonly Trial[] {
  let made: Promise<Ways> | undefined;
  const ways = () => {
    made ??= openWays(scratch);
    return made;
  };
  return [
    { name: 'session.ttft', run: async () => firstTokens(await ways()) },
    { name: 'session.tokens', run: async () => tokens(await ways()) },
  ];
}

async function openWays(scratch: Scratch): Promise<Ways> {
  const machine = { name: 'one', pool: 'tdx', cpu: 'tdx', gpus: 0 } as const;
  const whole = await sessionsWorld({ machines: [machine] });
  scratch.onEnd(whole.close);
  const { world } = whole;
  const postern = await whole.client({ gateway: world.url });
  const address = world.machines[0]?.server.address;
  const pipe: BarePipe = await barePipe(new URL(`${address}/v1/chat/completions`));
  scratch.onEnd(pipe.close);
  const init = (body: string) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return {
    sealed: (body) => postern.fetch(`${world.url}/v1/chat/completions`, init(body)),
    plain: (body) => fetch(pipe.url, init(body)),
  };
}

/** A model that says so many words, and a few before them. */
function asking(words: number): string {
  const content = Array.from({ length: words }, (_, i) => `w${i}`).join(' ');
  return JSON.stringify({ model: MODEL, stream: true, messages: [{ role: 'user', content }] });
}

/** One request after the other, the two ways by turns. */
async function firstTokens({ sealed, plain }: Ways): Promise<Result> {
  const times = { sealed: [] as number[], plain: [] as number[] };
  const body = asking(1);
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const own = await untilFirst(sealed, body);
    const other = await untilFirst(plain, body);
    if (round < WARM_UP) continue;
    times.sealed.push(own);
    times.plain.push(other);
  }
  const [sealedMs, plainMs] = [median(times.sealed), median(times.plain)];
  const added = times.sealed.map((ms, i) => ms - (times.plain[i] ?? 0));
  return {
    name: 'session.ttft',
    perSecond: 1000 / sealedMs,
    against: 'limit.session.plain.ttft',
    ratio: plainMs / sealedMs,
    also: { sealedMs, plainMs, addedMs: median(added) },
  };
}

/** @returns milliseconds from the request to the first word; the rest is read off the clock. */
async function untilFirst(ask: Ask, body: string): Promise<number> {
  const start = performance.now();
  const words = wordsOf(await ask(body));
  await words.next();
  const took = performance.now() - start;
  for await (const _ of words);
  return took;
}

/** Streams side by side; all ends are in this process, whose CPU time is counted. */
async function tokens({ sealed, plain }: Ways): Promise<Result> {
  const costs = { sealed: [] as Cost[], plain: [] as Cost[] };
  for (let round = 0; round <= STREAM_ROUNDS; round++) {
    const own = await costOf(sealed);
    const other = await costOf(plain);
    if (round === 0) continue;
    costs.sealed.push(own);
    costs.plain.push(other);
  }
  const perCore = (of: readonly Cost[]) => median(of.map(({ cpuMs }) => (TOKENS * 1000) / cpuMs));
  const cpuMs = (of: readonly Cost[]) => median(of.map((cost) => cost.cpuMs));
  const [own, other] = [cpuMs(costs.sealed), cpuMs(costs.plain)];
  return {
    name: 'session.tokens',
    perSecond: perCore(costs.sealed),
    against: 'limit.session.plain.tokens',
    ratio: perCore(costs.sealed) / perCore(costs.plain),
    also: {
      streamCpuMs: own,
      plainStreamCpuMs: other,
      addedCpuMs: own - other,
      perSecondOfAll: median(costs.sealed.map(({ perSecond }) => perSecond)),
    },
  };
}

interface Cost {
  /** Of one stream. */
  readonly cpuMs: number;
  /** Tokens by the clock on the wall, of all streams together. */
  readonly perSecond: number;
}

async function costOf(ask: Ask): Promise<Cost> {
  const body = asking(TOKENS);
  const [start, before] = [performance.now(), process.cpuUsage()];
  const counts = await Promise.all(Array.from({ length: AT_ONCE }, () => countWords(ask, body)));
  const { user, system } = process.cpuUsage(before);
  const ms = performance.now() - start;
  if (counts.some((count) => count < TOKENS)) throw new Error(`streams of ${counts} words`);
  const count = counts.reduce((sum, one) => sum + one, 0);
  return { cpuMs: (user + system) / 1000 / AT_ONCE, perSecond: (1000 * count) / ms };
}

async function countWords(ask: Ask, body: string): Promise<number> {
  let count = 0;
  for await (const _ of wordsOf(await ask(body))) count++;
  return count;
}

/** The events that bring words. */
async function* wordsOf({ status, body }: Response): AsyncGenerator<string> {
  if (status !== 200 || body === null) throw new Error(`answered ${status}`);
  const whole = new WholeEvents();
  for await (const part of body) {
    for (const data of eventsIn(whole.push(part))) if (data?.includes('"content"')) yield data;
  }
}
