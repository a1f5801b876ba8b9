import { join } from 'node:path';
import { type Io, usage } from '../io.ts';

/** By the XDG base directories, also where a desktop has none. */
export function stateFolder(io: Io, of: string): string {
  const home = io.env('HOME') ?? io.env('USERPROFILE');
  const state = io.env('XDG_STATE_HOME') ?? (home && join(home, '.local', 'state'));
  if (state === undefined) throw usage('where to remember what was seen? No HOME: --memory');
  return join(state, 'postern', of);
}
