import { Fault } from '../../core/fault.ts';
import { StoreTiles } from '../../ledger/store-tiles.ts';
import { submitCheckpoint } from '../../ledger/witness/submit.ts';
import type { KnownCheckpoint } from '../../ledger/writer/known-checkpoint.ts';
import { type Io, usage } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { witnessPolicyOf } from './cosign.ts';
import { counted, countedLeaves } from './counted.ts';
import { LAYOUT } from './ledger-folder.ts';
import { readTrust } from './log-trust.ts';
import { type OpenLedger, openLedger, resumeWriter } from './open-ledger.ts';
import { overrideOf } from './override.ts';
import { republishLedger } from './publish-ledger.ts';
import { publishedLog } from './published-place.ts';
import { wantReason } from './reason.ts';
import { restoredAt, unmarkRestored } from './restored.ts';
import { type TakenBack, takeBack } from './resume-gateway.ts';
import { witnessPeers } from './witness-peers.ts';

export const auditResumeVerb: Verb = {
  name: 'audit resume',
  summary: 'Let a ledger that was brought back from a backup sign again, if nobody saw more of it.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {
    published: {
      value: '<dir|url>',
      multiple: true,
      help: 'where the log was published: its checkpoint there must be one that the copy has',
    },
    'tlog-policy': {
      value: '<file>',
      help: `witnesses with URLs, who are asked how much of the log they have seen; ${LAYOUT.witnesses} of the folder unless given`,
    },
    'nothing-published': {
      value: '<reason>',
      help: 'your word that nobody saw more of it; it goes into the ledger as an operator.override',
    },
    'keep-keys': {
      value: '<reason>',
      help: 'of a gateway: your word that no key was revoked or replaced since the backup; it goes into the ledger as well',
    },
  },
  notes: [
    'Each place and each witness that is named has to answer, and has to know nothing that the copy lacks. One that does means that leaves were lost which others have: then this log must never sign again, and a new one, under another name, has to be made.',
    'The folder’s own published files are always held against it, but may come from the same backup: they alone are no answer.',
    'Of a gateway: machines that the copy has as admitted have to show evidence anew, and open challenges are void. Which keys were revoked after the backup no log says: all that the copy has are revoked, unless --keep-keys; postern keys create makes new ones.',
  ],
  run: async (io, args) => {
    const dir = args.operand(0);
    const ledger = await openLedger(io, dir, 'this');
    try {
      const since = await restoredAt(ledger);
      if (since === undefined)
        throw usage(
          `${dir}: is not closed: it was not brought back from a backup, and no witness contradicted it`,
        );
      const word = args.one('nothing-published');
      const reason = word === undefined ? undefined : wantReason('nothing-published', word);
      const keep = args.one('keep-keys');
      const keepKeys = keep === undefined ? undefined : wantReason('keep-keys', keep);
      const known = await askAll(io, args, ledger);
      if (known.length === 0 && reason === undefined) {
        throw usage(
          'nothing was asked: name --published, --tlog-policy, or give your word with --nothing-published',
        );
      }
      const writer = await resumeWriter(
        io,
        ledger,
        known.flatMap(({ checkpoint }) => checkpoint),
      );
      let taken: TakenBack;
      try {
        if (reason !== undefined)
          await writer.append(overrideOf(io, ledger, 'resume_restored', reason));
        // Before the mark goes: what comes to an end half way is begun again.
        taken = await takeBack(io, ledger, writer, keepKeys);
        await unmarkRestored(ledger, since);
        await republishLedger(io, ledger);
      } finally {
        await writer.close();
      }
      const size = (await ledger.store.head())?.size ?? 0;
      const asked = known.map(({ name }) => name);
      const { origin } = ledger.identity;
      if (args.has('json')) printJson(io, { origin, size, asked, ...taken });
      else {
        const who =
          asked.length === 0
            ? 'on your word'
            : `of those asked, nobody has seen more: ${asked.join(', ')}`;
        io.out(`${visible(`${origin}: signs again, at ${countedLeaves(size)}; ${who}`)}\n`);
        if (taken.nodes + taken.keys > 0) io.out(`${toldOf(taken)}\n`);
      }
      return 0;
    } finally {
      await ledger.close();
    }
  },
};

function toldOf({ nodes, keys }: TakenBack): string {
  return `${counted(nodes, 'machine has', 'machines have')} to show evidence anew; ${counted(keys, 'key is', 'keys are')} revoked, as nothing says which of them were`;
}

interface Asked {
  readonly name: string;
  readonly checkpoint: readonly KnownCheckpoint[];
}

/** @throws Fault `unreachable` for one that does not answer, `conflict` for one that knows more. */
async function askAll(
  io: Io,
  args: Args,
  { folder, store, identity }: OpenLedger,
): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  for (const place of args.many('published')) {
    const note = await (await publishedLog(io, place)).readCheckpoint();
    asked.push({ name: place, checkpoint: [{ source: place, note }] });
  }
  const trust = (await readTrust(io, args)) ?? (await witnessPolicyOf(folder));
  const head = await store.head();
  if (head === undefined) throw new Fault('malformed', 'head', 'nothing was ever signed');
  for (const peer of trust ? witnessPeers(io, identity, trust) : []) {
    await store.addCosignatures(
      head.size,
      await submitCheckpoint(peer, head, new StoreTiles(store)),
    );
    asked.push({ name: peer.name, checkpoint: [] });
  }
  return asked;
}
