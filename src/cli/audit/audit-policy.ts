import { parseLeaf, writeLeaf } from '../../ledger/leaf/entry.ts';
import { firstSeenId } from '../../ledger/leaf/first-seen.ts';
import type { Leaf } from '../../ledger/leaf/leaf.ts';
import type { LedgerStore } from '../../ledger/store.ts';
import { type Io, usage } from '../io.ts';
import { readPolicyFile } from '../policy-file.ts';
import { printJson } from '../render.ts';
import { parseRfc3339 } from '../rfc3339.ts';
import { type Args, asOption, type Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { openLedger, openWriter } from './open-ledger.ts';
import { publishLedger } from './publish-ledger.ts';
import { wantReason } from './reason.ts';

const STATES = ['published', 'activated', 'deprecated', 'revoked'] as const;
type State = (typeof STATES)[number];

type PolicyLeaf = Extract<Leaf, { readonly type: `policy.${State}` }>;

export const auditPolicyVerb: Verb = {
  name: 'audit policy',
  summary: 'Put into a ledger that a policy was published, activated, deprecated or revoked.',
  operands: `<dir> <${STATES.join('|')}> <policy>`,
  arity: { min: 3, max: 3 },
  options: {
    sunset: { value: '<time>', help: 'of a deprecated policy: when it ends' },
    reason: { value: '<text>', help: 'of a revoked policy: why, 8 to 500 characters' },
  },
  notes: [
    'The leaf has the policy’s name, revision and digest. Recording a decision by a policy that the ledger has not met publishes it by itself.',
    'States of a revision only go on, in this order, each once; one may be left out. By a policy that the ledger says is revoked nothing is recorded for that time or later, and nothing is said of the evidence (exit code 64): a ledger must not vouch for a decision that it says nobody may make.',
  ],
  run: async (io, args) => {
    const [dir, said] = [args.operand(0), args.operand(1)];
    const state = STATES.find((one) => one === said);
    if (state === undefined) throw usage(`want ${STATES.join(', ')}, got ${JSON.stringify(said)}`);
    const { policy, digest } = await readPolicyFile(io, args.operand(2));
    const { name, revision } = policy.metadata;
    const leaf = leafOf(io, args, state, { name, revision, digest });
    const entry = writeLeaf(leaf);
    const ledger = await openLedger(io, dir, 'this');
    try {
      const writer = await openWriter(io, ledger);
      try {
        // Under the lease: of two who say something at once, one sees what the other said.
        await wantOnward(ledger.store, leaf, state);
        const { index } = await writer.append({ id: leaf.id, entry });
        await publishLedger(io, ledger);
        if (args.has('json')) printJson(io, { origin: ledger.identity.origin, index, id: leaf.id });
        else io.out(`${visible(name)} revision ${revision} ${state}: leaf ${index}, ${leaf.id}\n`);
        return 0;
      } finally {
        await writer.close();
      }
    } finally {
      await ledger.close();
    }
  },
};

const AT_ONCE = 1024;

/** @throws Fault `usage` where the ledger says this of the policy already, or what comes after it. */
async function wantOnward(store: LedgerStore, { policy }: PolicyLeaf, next: State): Promise<void> {
  const size = (await store.head())?.size ?? 0;
  for (let from = 0; from < size; from += AT_ONCE) {
    for (const { index, entry } of await store.leaves(from, Math.min(size, from + AT_ONCE))) {
      const leaf = parseLeaf(entry);
      const state = STATES.find((one) => leaf.type === `policy.${one}`);
      if (state === undefined || !('policy' in leaf) || leaf.policy?.digest !== policy.digest)
        continue;
      if (STATES.indexOf(state) < STATES.indexOf(next)) continue;
      const after = state === next ? ' already' : `, and can’t be ${next} after that`;
      throw usage(`${policy.name} revision ${policy.revision} is ${state}${after}: leaf ${index}`);
    }
  }
}

function leafOf(
  io: Io,
  args: Args,
  state: State,
  policy: { readonly name: string; readonly revision: number; readonly digest: string },
): PolicyLeaf {
  const [sunset, reason] = [args.one('sunset'), args.one('reason')];
  if (sunset !== undefined && state !== 'deprecated')
    throw usage('--sunset is of a deprecated policy');
  if (reason !== undefined && state !== 'revoked') throw usage('--reason is of a revoked policy');
  const type = `policy.${state}` as const;
  // Each state once: whoever asks for one finds it by the policy's digest.
  const base = { v: 1, id: firstSeenId(type, policy.digest), time: io.now(), policy } as const;
  switch (state) {
    case 'published':
      return { ...base, type: 'policy.published' };
    case 'activated':
      return { ...base, type: 'policy.activated' };
    case 'deprecated': {
      if (sunset === undefined) throw usage('--sunset is missing: when does it end?');
      const ends = asOption('sunset', () => parseRfc3339(sunset));
      return { ...base, type: 'policy.deprecated', sunset: ends };
    }
    case 'revoked':
      return { ...base, type: 'policy.revoked', reason: wantReason('reason', reason) };
  }
}
