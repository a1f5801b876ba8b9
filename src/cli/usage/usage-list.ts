import { counted } from '../audit/counted.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { type Billed, eachBilled, PERIOD } from './billed.ts';

interface Sum {
  readonly account: string;
  readonly key: Billed['key'];
  readonly model: string;
  sessions: number;
  /** Of these, such as were aborted or failed. */
  cut: number;
  promptTokens: number;
  completionTokens: number;
}

export const usageListVerb: Verb = {
  name: 'usage list',
  summary: 'Add up what was used of sealed sessions, by API key and model.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: PERIOD,
  notes: [
    'Only what enclaves signed counts, by when it came. A key that was removed shows as the pseudonym that machines were told.',
  ],
  run: async (io, args) => {
    const sums = new Map<string, Sum>();
    await eachBilled(io, args, (billed) => add(sums, billed));
    const rows = [...sums.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    if (args.has('json')) printJson(io, { usage: rows });
    else {
      for (const row of rows) {
        const cut = row.cut > 0 ? `, ${row.cut} of them cut short` : '';
        const tokens = `${row.promptTokens} + ${row.completionTokens} tokens`;
        io.out(
          `${visible(nameOf(row))}: ${counted(row.sessions, 'session', 'sessions')}${cut}, ${tokens}\n`,
        );
      }
    }
    return 0;
  },
};

function add(sums: Map<string, Sum>, billed: Billed): void {
  const { account, key, model, outcome, promptTokens, completionTokens } = billed;
  const name = JSON.stringify([account, model]);
  const sum = sums.get(name) ?? {
    ...{ account, key, model },
    ...{ sessions: 0, cut: 0, promptTokens: 0, completionTokens: 0 },
  };
  sum.sessions++;
  if (outcome !== 'complete') sum.cut++;
  sum.promptTokens += promptTokens;
  sum.completionTokens += completionTokens;
  sums.set(name, sum);
}

function nameOf({ key, account, model }: Sum): string {
  return `${key?.name ?? account}, ${model === '' ? 'no model named' : model}`;
}
