import type { Fault } from '../../core/fault.ts';
import type { Io } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { cosign, witnessPolicyOf } from './cosign.ts';
import { counted, countedLeaves } from './counted.ts';
import { LAYOUT } from './ledger-folder.ts';
import { readTrust } from './log-trust.ts';
import { type OpenLedger, openLedger, openWriter } from './open-ledger.ts';
import { cosignersOf, republishLedger } from './publish-ledger.ts';
import { markRestored } from './restored.ts';

export const auditPublishVerb: Verb = {
  name: 'audit publish',
  summary: 'Write a ledger’s published files anew, and have its last checkpoint cosigned.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {
    'tlog-policy': {
      value: '<file>',
      help: `a C2SP tlog-policy: its witnesses that have a URL are asked to cosign; ${LAYOUT.witnesses} of the folder unless given`,
    },
  },
  notes: [
    'Every published file is held against the database, all entries among them; what is missing or different is written anew.',
    'The witnesses are those of the policy that have a URL. One that has seen a later state of this log, or another, is an alarm: then this is an older copy or a fork; it is closed as after audit restore, and signs nothing before audit resume.',
    'Exit code: 0 done, 1 a witness contradicts, 69 a witness does not answer; the others’ cosignatures are kept all the same.',
  ],
  run: async (io, args) => {
    const named = await readTrust(io, args);
    const ledger = await openLedger(io, args.operand(0), 'this');
    try {
      const trust = named ?? (await witnessPolicyOf(ledger.folder));
      // Under the lease: nobody writes the same files meanwhile, and what is stored was checked.
      const writer = await openWriter(io, ledger, 'nobody');
      try {
        const faults = trust ? await cosign(io, ledger, trust) : [];
        const isContradicted = faults.some(({ code }) => code === 'conflict');
        // From here on it signs nothing, and what it would publish is another history.
        if (isContradicted) await markRestored(ledger, io.now());
        const written = isContradicted ? [] : await republishLedger(io, ledger);
        await report(io, args, ledger, { written, faults });
        if (faults.some(({ code }) => code !== 'unreachable')) return 1;
        return faults.length > 0 ? 69 : 0;
      } finally {
        await writer.close();
      }
    } finally {
      await ledger.close();
    }
  },
};

async function report(
  io: Io,
  args: Args,
  ledger: OpenLedger,
  { written, faults }: { readonly written: readonly string[]; readonly faults: readonly Fault[] },
): Promise<void> {
  const { store, identity } = ledger;
  const size = (await store.head())?.size ?? 0;
  const cosignatures = await cosignersOf(ledger, size);
  if (args.has('json')) {
    const problems = faults.map(({ code, at, detail }) => ({ code, at, detail }));
    printJson(io, { origin: identity.origin, size, cosignatures, written, problems });
    return;
  }
  for (const name of written) io.out(`written anew: ${name}\n`);
  io.out(
    `${visible(identity.origin)}: ${countedLeaves(size)}, ${counted(cosignatures, 'cosignature', 'cosignatures')}\n`,
  );
}
