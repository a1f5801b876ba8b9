import { join } from 'node:path';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { wantOwnHead } from '../../ledger/writer/identity.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { countedLeaves } from './counted.ts';
import { LAYOUT } from './ledger-folder.ts';
import { openLedger } from './open-ledger.ts';
import { restoredAt } from './restored.ts';
import { vkeysOf } from './verifier-keys.ts';

export const auditInfoVerb: Verb = {
  name: 'audit info',
  summary: 'Tell what a ledger is: its name, its last signed state, and the keys that verify it.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {},
  notes: [
    'Each of the keys verifies the log by itself, as --log-key does or a log line of a tlog-policy. The Ed25519 key is short and every tool knows it; the ML-DSA-44 key stands up to quantum computers.',
    'The keys are those of the folder, and the last state is held against them. Whoever verifies the log should have a key from its operator, not from whoever serves it.',
  ],
  run: async (io, args) => {
    const dir = args.operand(0);
    const { folder, identity, store, close } = await openLedger(io, dir);
    try {
      const head = await store.head();
      if (head === undefined) throw new Fault('malformed', 'head', 'nothing was ever signed');
      wantOwnHead(identity, head, 'head.checkpoint');
      const { origin, database } = folder;
      const restored = await restoredAt(dir);
      const facts = {
        origin,
        size: head.size,
        root: toHex(head.root),
        database,
        published: join(dir, LAYOUT.published),
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
        ['published', facts.published],
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

const NAMES = {
  note: 'Ed25519',
  cosignature: 'Ed25519',
  'cosignature-ml-dsa-44': 'ML-DSA-44',
} as const;
