import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseLeaf } from '../../ledger/leaf/entry.ts';
import type { Leaf } from '../../ledger/leaf/leaf.ts';
import type { StoredLeaf } from '../../ledger/store.ts';
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
    'With --json the leaves stand in an array, each as it is in the log, with its index beside it.',
  ],
  run: async (io, args) => {
    const ledger = await openLedger(io, args.operand(0));
    try {
      const size = (await ledger.store.head())?.size ?? 0;
      const count = readWholeNumber(args, 'count') ?? USUAL;
      const from = readWholeNumber(args, 'from') ?? Math.max(0, size - count);
      const leaves = (await ledger.store.leaves(from, Math.min(size, from + count))).map(read);
      const { origin } = ledger.identity;
      if (args.has('json')) {
        printJson(io, {
          origin,
          size,
          leaves: leaves.map(({ index, json }) => ({ index, leaf: json })),
        });
      } else {
        for (const { index, leaf } of leaves) io.out(`${lineOf(index, leaf)}\n`);
        io.out(`${visible(origin)}: ${countedLeaves(size)}\n`);
      }
      return 0;
    } finally {
      await ledger.close();
    }
  },
};

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
      return `${leaf.verdict}${policy}${codes}`;
    }
    case 'admission.granted':
      return `by decision ${leaf.decision}, until ${formatInstant(leaf.until)}`;
    case 'admission.refused':
      return `after decision ${leaf.decision}: ${leaf.code}`;
    case 'admission.revoked':
      return `of ${leaf.admission}: ${leaf.code}`;
    case 'key.bound':
      return `by decision ${leaf.decision}`;
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
