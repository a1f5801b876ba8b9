import { createPostern } from '../../client/create-postern.ts';
import type { Visit } from '../../client/proxy/handler.ts';
import { Receipts } from '../../client/proxy/receipts.ts';
import { type LoopbackHost, type RunningProxy, startProxy } from '../../client/proxy/server.ts';
import { makeTokens, type ProxyTokens } from '../../client/proxy/tokens.ts';
import { Fault } from '../../core/fault.ts';
import { LISTEN_OPTION, listenAddress, untilTold } from '../audit/serving.ts';
import { type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { telling } from './client-error.ts';
import { CLIENT_NOTES, CLIENT_OPTIONS } from './client-options.ts';
import { readClient } from './read-client.ts';
import { printTrust } from './trust-tree.ts';

export const proxyVerb: Verb = {
  name: 'proxy',
  summary: 'A local OpenAI and Anthropic endpoint: seals each request for a machine verified here.',
  operands: '',
  arity: { min: 0, max: 0 },
  options: {
    ...CLIENT_OPTIONS,
    listen: {
      ...LISTEN_OPTION['listen'],
      help: 'where on this machine, and nowhere else; localhost:8411 by default, port 0 takes a free one',
    },
  },
  notes: [
    ...CLIENT_NOTES,
    'What programs need stands on stderr once it listens: addresses, and a key that is another one at each start. So does the link of a page that shows which machine is in use and why it is trusted.',
    'No web page can use it: names of this machine alone, no other origin, JSON only, and never without the key. docs/client/proxy.md lists what is translated of Anthropic’s API.',
  ],
  run: (io, args) => telling(io, args, () => runProxy(io, args)),
};

async function runProxy(io: Io, args: Args): Promise<number> {
  const place = readPlace(args);
  const receipts = new Receipts(io.now);
  const postern = await createPostern({
    ...(await readClient(io, args)),
    onReceipt: receipts.add,
  });
  printTrust(io, postern.verification());
  const tokens = makeTokens(io.randomBytes);
  const onVisit = (visit: Visit) => tellFailure(io, visit);
  const proxy = await listening(place, () =>
    startProxy({ ...place, postern, receipts, tokens, onVisit }),
  );
  try {
    tellHow(io, proxy, tokens);
    if (args.has('json')) printJson(io, { url: proxy.url, urls: proxy.urls });
    await untilTold(
      (signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    );
  } finally {
    await proxy.close();
  }
  return 0;
}

interface Place {
  readonly host: LoopbackHost;
  readonly port: number;
}

const USUAL: Place = { host: 'localhost', port: 8411 };

/** @throws Fault `usage` for an address that others could reach. */
function readPlace(args: Args): Place {
  if (!args.has('listen')) return USUAL;
  const { host, port } = listenAddress(args);
  if (host !== 'localhost' && host !== '127.0.0.1' && host !== '::1') {
    throw usage(
      `--listen: want 127.0.0.1, [::1] or localhost, got ${host}: what it takes is not sealed yet`,
    );
  }
  return { host, port };
}

async function listening(
  { host, port }: Place,
  start: () => Promise<RunningProxy>,
): Promise<RunningProxy> {
  try {
    return await start();
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const detail = `can’t be listened on (${reason})`;
    throw new Fault('unreachable', `${host}:${port}`, detail, { cause });
  }
}

/** On stderr, once: the key is for programs of this machine, and stands in no file. */
function tellHow(io: Io, { url, urls }: RunningProxy, { api, view }: ProxyTokens): void {
  warn(io, `listens at ${urls.join(' and ')}, until it is told to end`);
  const lines = [
    '',
    `export OPENAI_BASE_URL=${url}/v1`,
    `export OPENAI_API_KEY=${api}`,
    `export ANTHROPIC_BASE_URL=${url}`,
    `export ANTHROPIC_API_KEY=${api}`,
    '',
    `Why it is trusted:  ${url}/#${view}`,
    '',
  ];
  for (const line of lines) io.err(`${line}\n`);
}

function tellFailure(io: Io, { method, route, status, code }: Visit): void {
  if (code !== undefined) warn(io, `${method} ${route}: ${status} ${code}`);
}
