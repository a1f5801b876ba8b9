import { join } from 'node:path';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { wantOwnHead } from '../../ledger/writer/identity.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { counted, countedLeaves } from './counted.ts';
import { LAYOUT } from './ledger-folder.ts';
import { openLedger } from './open-ledger.ts';
import { type PublishedState, publishedState } from './published-state.ts';
import { restoredAt } from './restored.ts';
import { vkeysOf } from './verifier-keys.ts';

export const auditInfoVerb: Verb = {
  name: 'audit info',
  summary: 'Tell what a ledger is: its name, its last signed state, and the keys that verify it.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {},
  notes: [
    'When the last state was signed is what its ML-DSA-44 line says, which is made as it is published. Witnesses are told by the lines that are kept, and held against their keys by audit verify and audit watch with --tlog-policy.',
    'Each of the keys verifies the log by itself, as --log-key does or a log line of a tlog-policy. The Ed25519 key is short and every tool knows it; the ML-DSA-44 key stands up to quantum computers.',
    'The keys are those of the folder, and the last state is held against them. Whoever verifies the log should have a key from its operator, not from whoever serves it.',
  ],
  run: async (io, args) => {
    const dir = args.operand(0);
    const ledger = await openLedger(io, dir, 'this');
    const { folder, identity, store, close } = ledger;
    try {
      const head = await store.head();
      if (head === undefined) throw new Fault('malformed', 'head', 'nothing was ever signed');
      wantOwnHead(identity, head, 'head.checkpoint');
      const { origin, database } = folder;
      const restored = await restoredAt(ledger);
      const state = await publishedState(ledger, head);
      const forgotten = await store.forgotten();
      const facts = {
        origin,
        size: head.size,
        root: toHex(head.root),
        database,
        published: join(dir, LAYOUT.published),
        publishedSize: state.size ?? null,
        signedAt: state.signedAt ?? null,
        witnesses: state.witnesses.map(({ name, at }) => ({ name, at: at ?? null })),
        forgotten,
      };
      const keys = vkeysOf(identity);
      if (args.has('json')) {
        const types = identity.keys.map(({ type }) => NAMES[type]);
        printJson(io, {
          ...facts,
          ...(restored !== undefined && { restoredAt: restored }),
          keys: keys.map((key, i) => ({ type: types[i], key })),
        });
        return 0;
      }
      const rows = [
        ['origin', origin],
        ['size', countedLeaves(head.size)],
        ['root', facts.root],
        ['database', database === 'sqlite' ? join(dir, LAYOUT.database) : 'PostgreSQL'],
        ['published', `${facts.published}: ${publishedText(state, head.size)}`],
        ['signed', state.signedAt ?? 'at a time that no signature bears: it was not published yet'],
        ['witnesses', witnessText(state)],
        ['forgotten', counted(forgotten, 'record', 'records')],
        ...(restored === undefined
          ? []
          : [['restored', `${restored}; signs nothing before postern audit resume`]]),
      ];
      for (const [name = '', value = ''] of rows) io.out(`${name.padEnd(11)}${visible(value)}\n`);
      for (const [i, key] of keys.entries()) {
        const { type } = identity.keys[i] ?? { type: 'note' };
        io.out(`\n${NAMES[type]} key\n${visible(key)}\n`);
      }
      return 0;
    } finally {
      await close();
    }
  },
};

function publishedText({ size }: PublishedState, last: number): string {
  if (size === undefined) return 'nothing yet';
  return size === last ? 'the last state' : `${countedLeaves(size)}, not the last state`;
}

function witnessText({ witnesses }: PublishedState): string {
  if (witnesses.length === 0) return 'none has cosigned the last state';
  return witnesses.map(({ name, at }) => (at === undefined ? name : `${name} at ${at}`)).join(', ');
}

const NAMES = {
  note: 'Ed25519',
  cosignature: 'Ed25519',
  'cosignature-ml-dsa-44': 'ML-DSA-44',
} as const;
