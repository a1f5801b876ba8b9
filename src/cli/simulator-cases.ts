import { type Io, usage } from './io.ts';
import { printJson } from './render.ts';
import type { Args } from './verb.ts';

/** What a simulator can make, by name. */
export type SimulatorCases = Readonly<Record<string, { readonly describes: string }>>;

export function printCases(io: Io, args: Args, all: SimulatorCases): void {
  const cases = Object.entries(all).map(([name, { describes }]) => ({ name, describes }));
  if (args.has('json')) printJson(io, { cases });
  else for (const { name, describes } of cases) io.out(`${name.padEnd(44)} ${describes}\n`);
}

/** @throws Fault `usage` for a name that is none of these. */
export function readCase<Cases extends SimulatorCases>(
  args: Args,
  all: Cases,
  usual: keyof Cases & string,
): keyof Cases & string {
  const name = args.one('case') ?? usual;
  if (!Object.hasOwn(all, name)) {
    throw usage(`--case: no case ${JSON.stringify(name)}; see --list`);
  }
  return name;
}
