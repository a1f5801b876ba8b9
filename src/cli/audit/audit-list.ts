import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseLeaf } from '../../ledger/leaf/entry.ts';
import type { Leaf } from '../../ledger/leaf/leaf.ts';
import type { LedgerStore, RecordRow, StoredLeaf } from '../../ledger/store.ts';
import { readWholeNumber } from '../input.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { countedLeaves } from './counted.ts';
import { formatInstant } from './instants.ts';
import { openLedger } from './open-ledger.ts';

const USUAL = 50;

export const auditListVerb: Verb = {
  name: 'audit list',
  summary: 'List the leaves of a ledger, the last ones unless told otherwise.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {
    from: { value: '<index>', help: 'the first leaf to list' },
    count: { value: '<n>', help: `how many; ${USUAL} unless said` },
  },
  notes: [
    'Of a decision it says whose roots it rests on (vendor, custom, simulator, or none where nothing was held against any), and whether what it saw was forgotten since.',
    'With --json the leaves stand in an array, each as it is in the log, with its index beside it, and with forgotten where its record is: when, and why.',
  ],
  run: async (io, args) => {
    const ledger = await openLedger(io, args.operand(0), 'this');
    try {
      const size = (await ledger.store.head())?.size ?? 0;
      const count = readWholeNumber(args, 'count') ?? USUAL;
      const from = readWholeNumber(args, 'from') ?? Math.max(0, size - count);
      const end = Math.min(size, from + count);
      const leaves = (await ledger.store.leaves(from, end)).map(read);
      const forgotten = await forgottenIn(ledger.store, from, end);
      const { origin } = ledger.identity;
      if (args.has('json')) {
        printJson(io, {
          origin,
          size,
          leaves: leaves.map(({ index, json }) => {
            const gone = forgotten.get(index);
            const said = gone && { at: formatInstant(gone.at), reason: gone.reason };
            return { index, leaf: json, ...(said && { forgotten: said }) };
          }),
        });
      } else {
        for (const { index, leaf } of leaves) {
          const gone = forgotten.get(index);
          const said = gone ? `; forgotten: ${visible(gone.reason)}` : '';
          io.out(`${lineOf(index, leaf)}${said}\n`);
        }
        io.out(`${visible(origin)}: ${countedLeaves(size)}\n`);
      }
      return 0;
    } finally {
      await ledger.close();
    }
  },
};

async function forgottenIn(
  store: Pick<LedgerStore, 'records'>,
  from: number,
  end: number,
): Promise<ReadonlyMap<number, NonNullable<RecordRow['forgotten']>>> {
  // Not every leaf has a record: those that are more lie beyond the end.
  const rows = end > from ? await store.records(from, end - from) : [];
  return new Map(
    rows.flatMap(({ index, forgotten }) => (forgotten && index < end ? [[index, forgotten]] : [])),
  );
}

function read({ index, entry }: StoredLeaf) {
  // As JSON it has times as they stand in the log, not as numbers of ours.
  return { index, leaf: parseLeaf(entry), json: JSON.parse(fromUtf8(entry, 'leaf')) as unknown };
}

function lineOf(index: number, leaf: Leaf): string {
  const { type, id, time } = leaf;
  return `${String(index).padStart(7)}  ${formatInstant(time)}  ${id}  ${type.padEnd(18)} ${visible(aboutOf(leaf))}`.trimEnd();
}

/** What there is to say of it in a line. */
function aboutOf(leaf: Leaf): string {
  switch (leaf.type) {
    case 'policy.published':
    case 'policy.activated':
    case 'policy.deprecated':
    case 'policy.revoked':
      return `${leaf.policy.name} revision ${leaf.policy.revision}`;
    case 'decision': {
      const policy = leaf.policy ? ` by ${leaf.policy.name} revision ${leaf.policy.revision}` : '';
      const codes = leaf.codes.length > 0 ? `: ${leaf.codes.join(', ')}` : '';
      return `${leaf.verdict}, ${leaf.anchors} anchors${policy}${codes}`;
    }
    case 'admission.granted':
      return `by decision ${leaf.decision}, until ${formatInstant(leaf.until)}`;
    case 'admission.refused':
      return `after decision ${leaf.decision}: ${leaf.code}`;
    case 'admission.revoked':
      return `of ${leaf.admission}: ${leaf.code}`;
    case 'key.bound':
      return `by decision ${leaf.decision}`;
    case 'certificate.issued':
      return `${leaf.use} by decision ${leaf.decision}, until ${formatInstant(leaf.until)}: ${leaf.certificate}`;
    case 'endorsements.seen':
      return leaf.kinds.join(', ');
    case 'anchor.changed':
      return `${leaf.vendor} ${leaf.change} ${leaf.anchor}`;
    case 'operator.override':
      return `${leaf.action} until ${formatInstant(leaf.until)}: ${leaf.reason}`;
    case 'gateway.started':
      return `${leaf.engine} ${leaf.origin}`;
  }
}
