import { parseArgs } from 'node:util';
import { type Io, usage } from './io.ts';

/** One option of a verb, as help prints it and as the parser reads it. */
export interface Option {
  /** What stands behind it in help, e.g. `<file>`; absent for a switch. */
  readonly value?: string;
  readonly multiple?: true;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option>>;

export interface Verb {
  /** The words that call it, e.g. `verify tdx`. */
  readonly name: string;
  readonly summary: string;
  /** Positional arguments as help prints them, e.g. `<quote>`. */
  readonly operands: string;
  /** How many positional arguments it takes. */
  readonly arity: { readonly min: number; readonly max: number };
  readonly options: Options;
  /** Paragraphs below the options in help. */
  readonly notes: readonly string[];
  readonly run: (io: Io, args: Args) => Promise<number>;
}

const JSON_OPTION: Options = {
  json: { help: 'print one JSON object and nothing else' },
};

/** Every verb answers in JSON, and every verb has help. */
export function allOptions(verb: Verb): Options {
  return { ...verb.options, ...JSON_OPTION, help: { help: 'print this help' } };
}

/** What was given on the command line, already held against the verb's own table. */
export class Args {
  readonly operands: readonly string[];
  readonly #values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

  /** @throws Fault `usage` naming the option or operand that does not fit. */
  constructor(verb: Verb, argv: readonly string[]) {
    const options = Object.fromEntries(
      Object.entries(allOptions(verb)).map(([name, { value, multiple }]) => [
        name,
        {
          type: value === undefined ? ('boolean' as const) : ('string' as const),
          multiple: multiple === true,
        },
      ]),
    );
    const parsed = parse(verb, argv, options);
    this.#values = parsed.values;
    this.operands = parsed.positionals;
    const { min, max } = verb.arity;
    const count = this.operands.length;
    if (!this.has('help') && (count < min || count > max)) {
      const wanted = verb.operands === '' ? 'no operand' : verb.operands;
      throw usage(
        `${verb.name}: want ${wanted}, got ${count === 0 ? 'none' : `${count} operands`}`,
      );
    }
  }

  has(name: string): boolean {
    return this.#values[name] === true;
  }

  one(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  many(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  /** The operand at a place that `arity` guarantees. */
  operand(index: number): string {
    return this.operands[index] ?? '';
  }
}

function parse(
  verb: Verb,
  argv: readonly string[],
  options: Record<string, { type: 'boolean' | 'string'; multiple: boolean }>,
) {
  try {
    const parsed = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
    // parseArgs takes the last of two; which one was meant nobody can know.
    const seen = new Set<string>();
    for (const token of parsed.tokens) {
      if (token.kind !== 'option') continue;
      if (seen.has(token.name) && options[token.name]?.multiple !== true) {
        throw new Error(`--${token.name} is given twice`);
      }
      seen.add(token.name);
    }
    return parsed;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw usage(`${verb.name}: ${error.message}; see postern ${verb.name} --help`);
  }
}
