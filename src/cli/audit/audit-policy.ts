import { toHex } from '../../core/bytes/hex.ts';
import { writeLeaf } from '../../ledger/leaf/entry.ts';
import { firstSeenId } from '../../ledger/leaf/first-seen.ts';
import type { Leaf } from '../../ledger/leaf/leaf.ts';
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

const ID_SIZE = 16;

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
  ],
  run: async (io, args) => {
    const [dir, said] = [args.operand(0), args.operand(1)];
    const state = STATES.find((one) => one === said);
    if (state === undefined) throw usage(`want ${STATES.join(', ')}, got ${JSON.stringify(said)}`);
    const { policy, digest } = await readPolicyFile(io, args.operand(2));
    const { name, revision } = policy.metadata;
    const leaf = leafOf(io, args, state, { name, revision, digest });
    const entry = writeLeaf(leaf);
    const ledger = await openLedger(io, dir);
    try {
      const known = await ledger.store.leafById(leaf.id);
      if (known)
        throw usage(`${name} revision ${revision} is ${state} already: leaf ${known.index}`);
      const writer = await openWriter(io, ledger);
      try {
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

function leafOf(
  io: Io,
  args: Args,
  state: State,
  policy: { readonly name: string; readonly revision: number; readonly digest: string },
): Leaf {
  const [sunset, reason] = [args.one('sunset'), args.one('reason')];
  if (sunset !== undefined && state !== 'deprecated')
    throw usage('--sunset is of a deprecated policy');
  if (reason !== undefined && state !== 'revoked') throw usage('--reason is of a revoked policy');
  const base = { v: 1, id: toHex(io.randomBytes(ID_SIZE)), time: io.now(), policy } as const;
  switch (state) {
    case 'published': {
      const type = 'policy.published';
      return { ...base, type, id: firstSeenId(type, policy.digest) };
    }
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
