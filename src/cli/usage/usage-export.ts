import { formatInstant } from '../audit/instants.ts';
import type { Verb } from '../verb.ts';
import { eachBilled, PERIOD } from './billed.ts';

export const usageExportVerb: Verb = {
  name: 'usage export',
  summary: 'Print usage statements as enclaves signed them, one JSON object a line.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: PERIOD,
  notes: [
    'usage is a JWS by the receipt key of the keyset that it names: whoever has the decision that let the machine in (audit export) has that key, and can verify each by itself.',
  ],
  run: async (io, args) => {
    await eachBilled(io, args, ({ seq, at, node, account, key, statement }) => {
      const line = { seq, at: formatInstant(at), node, account, ...(key && { key }) };
      io.out(`${JSON.stringify({ ...line, usage: statement })}\n`);
    });
    return 0;
  },
};
