import { readFile } from 'node:fs/promises';
import { FAULTS, Fault } from '../core/fault.ts';
import { overviewHelp, verbHelp } from './help.ts';
import { type Io, usage } from './io.ts';
import { printJson } from './render.ts';
import { Args, type Verb } from './verb.ts';
import { VERBS } from './verbs.ts';

/**
 * One command line, from words to exit code. Nothing escapes: what goes wrong is said on
 * stderr, located, and in JSON on stdout when JSON was asked for.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    const fault = toFault(error);
    if (argv.includes('--json')) {
      printJson(io, { error: { code: fault.code, at: fault.at, detail: fault.detail } });
    }
    io.err(`postern: ${fault.code === 'usage' ? fault.detail : fault.message}\n`);
    if (fault.code === 'internal' && fault.cause instanceof Error) {
      io.err(`${fault.cause.stack}\n`);
    }
    return FAULTS[fault.code].exit;
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [first] = argv;
  if (first === '--version') {
    io.out(`${await packageVersion()}\n`);
    return 0;
  }
  if (first === undefined || first === '--help' || first === 'help') {
    const help = overviewHelp(VERBS);
    if (first === undefined) io.err(help);
    else io.out(help);
    return first === undefined ? FAULTS.usage.exit : 0;
  }
  const { verb, rest } = findVerb(argv);
  const args = new Args(verb, rest);
  if (args.has('help')) {
    io.out(verbHelp(verb));
    return 0;
  }
  return verb.run(io, args);
}

/** The verb with the most words that the command line begins with. */
function findVerb(argv: readonly string[]): { verb: Verb; rest: readonly string[] } {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(' ');
    const verb = VERBS.find((known) => known.name === name);
    if (verb) return { verb, rest: argv.slice(words) };
  }
  const group = VERBS.filter((verb) => verb.name.startsWith(`${argv[0]} `));
  if (group.length > 0) {
    throw usage(`${argv[0]}: want one of ${group.map((verb) => verb.name).join(', ')}`);
  }
  throw usage(`unknown verb ${JSON.stringify(argv[0])}; postern --help lists them`);
}

async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return JSON.parse(text).version;
}

function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('internal', 'postern', 'unexpected error, a bug of ours', { cause: error });
}
