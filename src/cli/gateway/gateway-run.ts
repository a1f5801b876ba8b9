import { Fault } from '../../core/fault.ts';
import { listenOn } from '../../gateway/http/server.ts';
import { publishLedger } from '../audit/publish-ledger.ts';
import { untilTold } from '../audit/serving.ts';
import { type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { beginPool } from './begin-pool.ts';
import { type ComposedGateway, composeGateway } from './compose.ts';
import type { GatewayConfig } from './config.ts';
import { keepOn } from './keeping-on.ts';
import { type GatewayParts, readParts } from './parts.ts';
import { readConfig, SET_OPTION } from './read-config.ts';

export const gatewayVerb: Verb = {
  name: 'gateway',
  summary: 'Run a gateway: challenge machines, decide about them, keep looking, put them out.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: SET_OPTION,
  notes: [
    '<dir> is what postern gateway init made. It listens until SIGINT or SIGTERM, and lets what is under way come to its end then.',
    'Several gateways may share a PostgreSQL database: what one decides, the others know within a second; one writes the ledger at a time.',
    'On standard output stands where it listens, as JSON with --json; the log is on standard error, a line of JSON for each request, without a word of what was asked.',
    'What a pool’s policy file says counts when it is a later revision than the one that decides; an earlier one is left alone, and that is said.',
  ],
  run: async (io, args) => {
    const read = await readConfig(io, args, args.operand(0));
    const { config, lineOf } = read;
    const { parts, problems } = await readParts(io, config);
    for (const one of problems) warn(io, lineOf(one));
    if (parts === undefined) {
      throw usage(
        `${read.file}: not a gateway that can run (see above, and postern gateway check)`,
      );
    }
    await untilTold((signal) =>
      runGateway(io, config, parts, signal, (url) => {
        if (args.has('json')) printJson(io, { url, origin: config.origin });
        else io.out(`${visible(config.origin)} listens at ${url}\n`);
      }),
    );
    return 0;
  },
};

/**
 * Runs a gateway until it is told to end; what is under way comes to its end then.
 *
 * @param onListening is told where it listens, once it does.
 * @throws Fault `conflict` where its ledger is closed meanwhile: it must not go on by what a copy from
 *   a backup says.
 */
export async function runGateway(
  io: Io,
  config: GatewayConfig,
  parts: GatewayParts,
  signal: AbortSignal,
  onListening: (url: string) => void,
): Promise<void> {
  const gateway = await composeGateway(io, config, parts);
  try {
    const { service, ledger } = gateway;
    for (const pool of parts.pools) await beginPool(io, { service, store: ledger.store }, pool);
    onListening(await listening(gateway, config));
    const closed = new AbortController();
    const until = AbortSignal.any([signal, closed.signal]);
    const duties = keepOn(io, config, gateway, until, (fault) => closed.abort(fault));
    await new Promise<void>((resolve) => {
      if (until.aborted) resolve();
      until.addEventListener('abort', () => resolve(), { once: true });
    });
    await gateway.app.close();
    await duties;
    closed.signal.throwIfAborted();
    await publishLedger(io, gateway.ledger);
  } finally {
    await gateway.close();
  }
}

async function listening({ app }: ComposedGateway, { listen }: GatewayConfig): Promise<string> {
  const { host, port } = listen;
  try {
    return await listenOn(app, host, port);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new Fault('unreachable', `${host}:${port}`, `can’t be listened on (${reason})`, {
      cause,
    });
  }
}
