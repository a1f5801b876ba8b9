import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { logRoutes } from '../../gateway/http/log-routes.ts';
import { parseSignedCheckpoint } from '../../ledger/note/checkpoint.ts';
import { CHECKPOINT } from '../../store/published/projection.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { isLedger, LAYOUT } from './ledger-folder.ts';
import { LISTEN_OPTION, listenAddress, serve, servingTo } from './serving.ts';

export const auditServeVerb: Verb = {
  name: 'audit serve',
  summary: 'Serve the published files of a ledger over HTTP, for whoever reads such logs.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: LISTEN_OPTION,
  notes: [
    'It listens until SIGINT or SIGTERM, and says on stderr where; with --json in an object on stdout as well, once it does: url, address, and the log’s origin. A file that can’t be read is said on stderr, by method and route.',
    'The layout is that of C2SP tlog-tiles: /checkpoint, /tile/<level>/<index>, /tile/entries/<index>. Any web server does as well: the files lie in the folder’s published. TLS is a proxy’s business.',
  ],
  run: async (io, args) => {
    const dir = args.operand(0);
    const address = listenAddress(args);
    const folder = (await isLedger(dir)) ? join(dir, LAYOUT.published) : dir;
    const note = await readOrNone(join(folder, CHECKPOINT));
    if (note === undefined) {
      throw new Fault('unreachable', folder, `is no published log: it has no ${CHECKPOINT}`);
    }
    const { origin } = parseSignedCheckpoint(note, join(folder, CHECKPOINT)).checkpoint;
    const app = servingTo(io);
    await app.register(logRoutes, { read: (name) => readOrNone(join(folder, name)) });
    await serve(io, address, app, `${folder}: served`, (where) => {
      if (args.has('json')) printJson(io, { ...where, origin });
    });
    return 0;
  },
};

async function readOrNone(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  });
}
