import { resolve } from 'node:path';
import { CLIENT_OPTIONS } from '../client/client-options.ts';
import type { Args } from '../verb.ts';

const DIGEST = /^sha256:/;

/**
 * The client's options as they were given, for a command that runs elsewhere: files by their whole
 * paths.
 *
 * @param more names of further options that go along.
 */
export function clientWords(args: Args, more: readonly string[]): readonly string[] {
  return [...Object.keys(CLIENT_OPTIONS), ...more].flatMap((name) => {
    if (!args.has(name)) return [];
    const values = args.many(name);
    if (values.length === 0) return [`--${name}`];
    return values.map((value) => `--${name}=${isPath(name, value) ? resolve(value) : value}`);
  });
}

function isPath(name: string, value: string): boolean {
  const shape = CLIENT_OPTIONS[name]?.value ?? '';
  if (name === 'policy') return !DIGEST.test(value);
  if (name === 'ledger-key') return !value.includes('+');
  return /file|dir|pem|der|json/.test(shape);
}
