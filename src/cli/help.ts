import { allOptions, type Verb } from './verb.ts';

const WIDTH = 88;

/** @param further verbs whose names go on from this one's. */
export function verbHelp(verb: Verb, further: readonly Verb[]): string {
  const options = Object.entries(allOptions(verb)).map(
    ([name, { value, help, multiple }]): [string, string] => [
      `--${name}${value === undefined ? '' : ` ${value}`}${multiple ? ' …' : ''}`,
      help,
    ],
  );
  return [
    `postern ${verb.name} ${verb.operands} [options]`.replace('  ', ' '),
    '',
    ...wrap(verb.summary, 0),
    '',
    'Options',
    ...table(options),
    ...verb.notes.flatMap((note) => ['', ...wrap(note, 0)]),
    ...(further.length > 0 ? ['', 'Verbs', ...verbRows(further)] : []),
    '',
  ].join('\n');
}

const PURPOSE =
  'Verifies what a machine of confidential computing proves about itself, check by check.';

/** What the verbs of a group are about together, where that is more than their names say. */
const GROUPS: Readonly<Record<string, string>> = {
  audit:
    'A ledger is an append-only log of decisions and policies, which anybody can check who has its key, and an archive of what each decision saw, by which it can be made again. postern verify bundle --record puts decisions in.',
  gateway:
    'A gateway admits machines into pools by policy, asks them again, and writes each decision into its ledger. All that belongs to one lies in a folder with postern.yaml.',
  keys: 'Whoever has the folder of a gateway decides who may ask it what: nothing here asks the gateway itself, and what is changed holds from its next request on.',
  nodes:
    'Machines that a gateway knows. Who asks shows an API key (--api-key-file) or signs (--sign-key), and may see and do what its role allows.',
};

export function overviewHelp(verbs: readonly Verb[]): string {
  return listing(['postern <verb> [options]', '', ...wrap(PURPOSE, 0), ''], verbs);
}

/** @param group the first word of all these verbs. */
export function groupHelp(group: string, verbs: readonly Verb[]): string {
  const about = Object.hasOwn(GROUPS, group) ? [...wrap(GROUPS[group] ?? '', 0), ''] : [];
  return listing([`postern ${group} <verb> [options]`, '', ...about], verbs);
}

function listing(head: readonly string[], verbs: readonly Verb[]): string {
  return [
    ...head,
    'Verbs',
    ...verbRows(verbs),
    '',
    'postern <verb> --help tells the options of a verb; --version prints the version.',
    '',
    'Exit codes: 0 accepted or done · 1 rejected, malformed or different · 2 indeterminate',
    '            64 usage · 69 a file or service could not be reached · 70 a bug of ours',
    '',
  ].join('\n');
}

function verbRows(verbs: readonly Verb[]): string[] {
  return table(verbs.map((verb) => [`${verb.name} ${verb.operands}`.trimEnd(), verb.summary]));
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  return rows.flatMap(([left, right]) => {
    const [first = '', ...rest] = wrap(right, width + 4);
    const head = `  ${left.padEnd(width)}  `;
    // A left column that is too long stands on a line of its own.
    return left.length > width
      ? [`  ${left}`, `${' '.repeat(width + 4)}${first.trimStart()}`, ...rest]
      : [`${head}${first.trimStart()}`, ...rest];
  });
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((one) => `${' '.repeat(indent)}${one}`);
}
