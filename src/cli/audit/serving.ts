import { Fault } from '../../core/fault.ts';
import { listenOn, type Server } from '../../gateway/http/server.ts';
import { type Io, usage, warn } from '../io.ts';
import type { Args, Options } from '../verb.ts';

export const LISTEN_OPTION: Options = {
  listen: { value: '<host:port>', help: 'where to listen; 127.0.0.1:0 takes a free port' },
};

/** Serves until the process is told to end. */
export async function serve(io: Io, args: Args, app: Server, what: string): Promise<void> {
  const { host, port } = addressOf(args.one('listen'));
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
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await app.close();
}

function addressOf(text: string | undefined): { readonly host: string; readonly port: number } {
  if (text === undefined) throw usage('--listen is missing');
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match?.[1] || port > 65_535)
    throw usage(`--listen: want host:port, got ${JSON.stringify(text)}`);
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}
