import { usage } from './io.ts';
import type { Args, Options } from './verb.ts';

export const SET_ID_OPTION: Options = {
  'set-id': { value: '<id>', help: 'what the reference set is called' },
};

/** @param otherwise what it is called where nobody says. */
export function readSetId(args: Args, otherwise: string): string {
  const id = args.one('set-id') ?? otherwise;
  if (/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/.test(id)) return id;
  throw usage('--set-id: want 1 to 128 of letters, digits and . _ / -');
}
