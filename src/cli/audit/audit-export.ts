import { fromUtf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { ArchiveReader } from '../../ledger/record/archive-reader.ts';
import { writeExport } from '../../ledger/record/export.ts';
import { parseManifest } from '../../ledger/record/manifest.ts';
import { Stapler } from '../../ledger/staple.ts';
import type { Verb } from '../verb.ts';
import { OUT_OPTION, writeOut } from '../write-file.ts';
import { openLedger } from './open-ledger.ts';
import { decisionNamed, leafNamed } from './which.ts';

export const auditExportVerb: Verb = {
  name: 'audit export',
  summary: 'Write one decision with its proof and all that it saw into a file of its own.',
  operands: '<dir> <id|index>',
  arity: { min: 2, max: 2 },
  options: OUT_OPTION,
  notes: [
    'The file (application/vnd.postern.decision+json) has the leaf, its proof, and evidence, endorsements and policy in clear, with the salt that ties the machine to the leaf: give it to whom you would show these. On another machine, with no network, postern audit verify holds it against the log’s key and makes the decision again.',
  ],
  run: async (io, args) => {
    const ledger = await openLedger(io, args.operand(0), 'this');
    try {
      const { index, id, entry } = await leafNamed(ledger.store, args.operand(1));
      const { record } = decisionNamed(index, entry);
      const row = await ledger.store.record(id);
      if (row?.forgotten) {
        const { at, reason } = row.forgotten;
        const since = new Date(at).toISOString();
        throw new Fault('unreachable', id, `what it saw was deleted at ${since}: ${reason}`);
      }
      const archive = new ArchiveReader(ledger.store);
      const manifest = await archive.read(record);
      if (manifest === undefined) throw new Fault('unreachable', record, 'is not archived');
      const proof = await (await Stapler.open(ledger.store)).proofOf(index);
      const blobOf = await archive.blobsOf(parseManifest(manifest));
      const file = writeExport({ index, entry, proof: fromUtf8(proof, 'proof'), manifest }, blobOf);
      await writeOut(io, args, fromUtf8(file, 'export'));
      return 0;
    } finally {
      await ledger.close();
    }
  },
};
