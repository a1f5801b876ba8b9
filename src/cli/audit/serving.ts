import { Fault } from '../../core/fault.ts';
import { createServer, listenOn, type Server } from '../../gateway/http/server.ts';
import { type Io, usage, warn } from '../io.ts';
import type { Args, Options } from '../verb.ts';

export const LISTEN_OPTION: Options = {
  listen: { value: '<host:port>', help: 'where to listen; 127.0.0.1:0 takes a free port' },
};

/** A server whose failures are said on stderr, a line each, with nothing of what was asked. */
export function servingTo(io: Io): Server {
  return createServer(({ method, route, reason }) =>
    warn(io, `${method} ${route}: not answered (${reason})`),
  );
}

/**
 * Serves until the process is told to end.
 *
 * @param onListening is told where, once it does.
 */
export async function serve(
  io: Io,
  { host, port }: Address,
  app: Server,
  what: string,
  onListening: (where: { readonly url: string; readonly address: string }) => void = () => {},
): Promise<void> {
  let url: string;
  try {
    url = await listenOn(app, host, port);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new Fault('unreachable', `${host}:${port}`, `can’t be listened on (${reason})`, {
      cause,
    });
  }
  warn(io, `${what} at ${url}`);
  onListening({ url, address: new URL(url).host });
  await untilTold(
    (signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
  );
  await app.close();
}

/**
 * Does something that goes on until the process is told to end, by SIGINT or SIGTERM.
 *
 * @param act ends soon once the signal is aborted.
 */
export async function untilTold<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const told = new AbortController();
  const tell = () => told.abort();
  for (const name of SIGNALS) process.once(name, tell);
  try {
    return await act(told.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, tell);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** @throws Fault `usage` for a place that is none. */
export function listenAddress(args: Args): Address {
  return addressOf(args.one('listen'));
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function addressOf(text: string | undefined): Address {
  if (text === undefined) throw usage('--listen is missing');
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match?.[1] || port > 65_535)
    throw usage(`--listen: want host:port, got ${JSON.stringify(text)}`);
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}
