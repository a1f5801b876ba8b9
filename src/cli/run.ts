import { FAULTS, Fault } from '../core/fault.ts';
import { groupHelp, overviewHelp, verbHelp } from './help.ts';
import { type Io, usage, warn } from './io.ts';
import { packageVersion } from './package-version.ts';
import { printJson } from './render.ts';
import { Args, type Verb } from './verb.ts';
import { loadVerb, loadVerbs, VERB_NAMES } from './verbs.ts';
import { visible } from './visible.ts';

/**
 * One command line, from words to exit code. Nothing escapes: what goes wrong is said on
 * stderr, located, and in JSON on stdout when JSON was asked for.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    const fault = toFault(error);
    if (wantsJson(argv)) {
      printJson(io, { error: { code: fault.code, at: fault.at, detail: fault.detail } });
    }
    warn(io, fault.at === 'postern' ? fault.detail : fault.message);
    if (fault.code === 'internal') {
      for (const line of stackOf(fault.cause ?? fault)) io.err(`${visible(line)}\n`);
    }
    return FAULTS[fault.code].exit;
  }
}

/** Behind `--` stand operands only. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json');
}

function stackOf(error: unknown): readonly string[] {
  return String(error instanceof Error ? error.stack : error).split('\n');
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [first, second] = argv;
  if (first === '--version') {
    io.out(`${await packageVersion()}\n`);
    return 0;
  }
  if (first === undefined) {
    io.err(overviewHelp(await loadVerbs(VERB_NAMES)));
    return FAULTS.usage.exit;
  }
  if (first === 'help' && second !== undefined) return dispatch([...argv.slice(1), '--help'], io);
  if (first === '--help' || first === '-h' || first === 'help') {
    io.out(overviewHelp(await loadVerbs(VERB_NAMES)));
    return 0;
  }
  const { words, names } = groupOf(argv);
  const group = words.join(' ');
  if (names.length > 0 && !VERB_NAMES.includes(group) && argv[words.length] === '--help') {
    io.out(groupHelp(group, await loadVerbs(names)));
    return 0;
  }
  const { verb, rest } = await findVerb(argv);
  const args = new Args(verb, rest);
  if (args.has('help')) {
    io.out(verbHelp(verb, await loadVerbs(namesBelow(verb.name))));
    return 0;
  }
  return verb.run(io, args);
}

/** The verb with the most words that the command line begins with. */
async function findVerb(argv: readonly string[]): Promise<{ verb: Verb; rest: readonly string[] }> {
  for (const words of [3, 2, 1]) {
    const verb = await loadVerb(argv.slice(0, words).join(' '));
    if (verb) return { verb, rest: argv.slice(words) };
  }
  const { words, names } = groupOf(argv);
  if (names.length === 0) {
    throw usage(`unknown verb ${JSON.stringify(argv[0])}; postern --help lists them`);
  }
  const [next = '-'] = argv.slice(words.length);
  const given = next.startsWith('-') ? words : [...words, next];
  throw usage(`unknown verb ${JSON.stringify(given.join(' '))}, want ${names.join(', ')}`);
}

interface Group {
  readonly words: readonly string[];
  readonly names: readonly string[];
}

/** The verbs that share the most words with the command line; none if not even the first. */
function groupOf(argv: readonly string[]): Group {
  for (const count of [2, 1]) {
    const words = argv.slice(0, count);
    const names = namesBelow(words.join(' '));
    if (names.length > 0) return { words, names };
  }
  return { words: [], names: [] };
}

function namesBelow(words: string): readonly string[] {
  return VERB_NAMES.filter((name) => name.startsWith(`${words} `));
}

function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('internal', 'postern', 'unexpected error, a bug of ours', { cause: error });
}
