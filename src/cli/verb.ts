import { parseArgs } from 'node:util';
import { Fault } from '../core/fault.ts';
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
  /** All from the first operand on is another program's: options of the verb stand before it. */
  readonly passesOn?: true;
  /** Paragraphs below the options in help. */
  readonly notes: readonly string[];
  readonly run: (io: Io, args: Args) => Promise<number>;
}

const JSON_OPTION: Options = {
  json: { help: 'print one JSON object and nothing else' },
};

/** Every verb answers in JSON, and every verb has help. */
export function allOptions(verb: Verb): Options {
  return { ...JSON_OPTION, ...verb.options, help: { help: 'print this help' } };
}

/** What was given on the command line, already held against the verb's own table. */
export class Args {
  readonly operands: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** @throws Fault `usage` naming the option or operand that does not fit. */
  constructor(verb: Verb, argv: readonly string[]) {
    const { values, operands } = parse(verb, argv);
    this.#values = values;
    this.operands = operands;
    const { min, max } = verb.arity;
    const count = operands.length;
    if (!this.has('help') && (count < min || count > max)) {
      const wanted = verb.operands === '' ? 'no operand' : verb.operands;
      const got = count === 0 ? 'none' : count === 1 ? '1 operand' : `${count} operands`;
      throw wrong(verb, `want ${wanted}, got ${got}`);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  one(name: string): string | undefined {
    return this.many(name)[0];
  }

  many(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The operand at a place that `arity` guarantees. */
  operand(index: number): string {
    return this.operands[index] ?? '';
  }
}

/** Options by name with their values, none for a switch. */
function parse(verb: Verb, argv: readonly string[]) {
  const options = allOptions(verb);
  const values = new Map<string, readonly string[]>();
  const operands: string[] = [];
  for (const token of tokensOf(argv, options)) {
    if (token.kind === 'positional' && verb.passesOn) {
      operands.push(...argv.slice(token.index));
      break;
    }
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined || rawName !== `--${name}`) {
      throw wrong(verb, `unknown option ${rawName}`);
    }
    const before = values.get(name);
    // Of two, which one was meant nobody can know.
    if (before && !option.multiple) throw wrong(verb, `${rawName} is given twice`);
    if (option.value === undefined) {
      if (value !== undefined) throw wrong(verb, `${rawName} takes no value, got ${value}`);
      values.set(name, []);
      continue;
    }
    if (value === undefined) throw wrong(verb, `${rawName} wants a value: ${option.value}`);
    // More likely an option whose predecessor lost its value than a value.
    if (!token.inlineValue && value.startsWith('-') && value !== '-') {
      throw wrong(
        verb,
        `${rawName} wants a value, got ${value}; if it is one: ${rawName}=${value}`,
      );
    }
    values.set(name, [...(before ?? []), value]);
  }
  const named = [...(verb.passesOn ? [] : operands), ...[...values.values()].flat()];
  if (named.filter((value) => value === '-').length > 1) {
    throw wrong(verb, '- (standard input) is named twice, and can be read only once');
  }
  return { values, operands };
}

/** Not strict: the sentences of strict parsing run over several lines and can't name our help. */
function tokensOf(argv: readonly string[], options: Options) {
  const types = Object.entries(options).map(
    ([name, { value }]) =>
      [name, { type: value === undefined ? ('boolean' as const) : ('string' as const) }] as const,
  );
  return parseArgs({
    args: [...argv],
    options: Object.fromEntries(types),
    allowPositionals: true,
    strict: false,
    tokens: true,
  }).tokens;
}

function wrong(verb: Verb, problem: string): Fault {
  return usage(`${verb.name}: ${problem}; see postern ${verb.name} --help`);
}

/** Blames the option for what a room further down finds wrong with its value. */
export function asOption<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault && error.code === 'usage') throw usage(`--${name}: ${error.detail}`);
    throw error;
  }
}
