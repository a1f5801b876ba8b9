import { basename, dirname } from 'node:path';
import { utf8 } from '../core/bytes/text.ts';
import type { Io } from './io.ts';
import type { Args, Options } from './verb.ts';
import { writeFiles } from './write-files.ts';

export const OUT_OPTION: Options = {
  out: { value: '<file>', help: 'write it there instead of printing it' },
};

/**
 * Prints a document, or writes it where `--out` says.
 *
 * @throws Fault `unreachable` at the file.
 */
export async function writeOut(io: Io, args: Args, text: string): Promise<void> {
  const path = args.one('out');
  if (path === undefined) io.out(text);
  else await writeFiles(dirname(path), { [basename(path)]: utf8(text) });
}
