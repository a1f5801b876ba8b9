import { fromUtf8 } from '../../core/bytes/text.ts';
import { Stapler } from '../../ledger/staple.ts';
import type { Verb } from '../verb.ts';
import { visibleJson } from '../visible.ts';
import { OUT_OPTION, writeOut } from '../write-file.ts';
import { openLedger } from './open-ledger.ts';
import { leafNamed } from './which.ts';

export const auditProveVerb: Verb = {
  name: 'audit prove',
  summary: 'Prove that a leaf is in a ledger, for whoever has the log’s key and trusts nobody.',
  operands: '<dir> <id|index>',
  arity: { min: 2, max: 2 },
  options: OUT_OPTION,
  notes: [
    'The proof (c2sp.org/tlog-proof@v1) is text: the leaf’s index, the hashes up to the root, and the log’s last checkpoint with the cosignatures that it has. Any tool that reads such proofs verifies it.',
    'It is about the leaf’s exact bytes, which the proof does not have: --json gives them, in base64, and audit export puts both into one file with all that the decision saw.',
  ],
  run: async (io, args) => {
    const ledger = await openLedger(io, args.operand(0), 'this');
    try {
      const { index, id, entry } = await leafNamed(ledger.store, args.operand(1));
      const proof = fromUtf8(await (await Stapler.open(ledger.store)).proofOf(index), 'proof');
      if (args.has('json')) {
        const { origin } = ledger.identity;
        const answer = { origin, index, id, entry: Buffer.from(entry).toString('base64'), proof };
        await writeOut(io, args, `${visibleJson(answer)}\n`);
      } else await writeOut(io, args, proof);
      return 0;
    } finally {
      await ledger.close();
    }
  },
};
