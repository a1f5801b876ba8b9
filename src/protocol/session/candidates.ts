import Type from 'typebox';
import { closed, hex, text } from '../../appraisal/policy/schema/values.ts';
import { hostText } from '../../core/host-text.ts';
import { NodeName, ServicesSchema } from '../node.ts';
import { Id, PoolName, Time } from '../values.ts';

/** As whoever serves it names it. */
const ModelName = text(1, 256);
export const RegionName = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
  description: 'a region: 1 to 64 of a-z, 0-9 and dash',
});

/** See {@link isCalled}. */
const Called = text(1, 512);

/**
 * What is asked about: who serves a model, or a pool; of a pool, one node alone, or those that are
 * called so.
 */
export const CandidatesQuery = closed({
  model: Type.Optional(ModelName),
  pool: Type.Optional(PoolName),
  node: Type.Optional(Id),
  name: Type.Optional(Called),
  region: Type.Optional(RegionName),
  count: Type.Optional(Type.String({ pattern: '^[1-9][0-9]?$', description: '1 to 99' })),
});

/** That a leaf stands in the ledger. */
const ProvenLeafSchema = closed({
  entry: Type.String({ description: 'base64: the leaf' }),
  proof: Type.String({ description: 'base64: a tlog-proof of it' }),
  salt: Type.Optional(hex(32)),
});

/**
 * A node that serves now, by the word of the gateway: what it is, its evidence has to show. Its
 * proofs are those of the decision, of the admission that rests on it, and of the binding of its
 * keyset; with the salt of its record where a leaf has a digest that only this opens.
 */
export const CandidateSchema = closed({
  node: Id,
  name: NodeName,
  region: Type.Optional(RegionName),
  services: Type.Optional(ServicesSchema),
  weight: Type.Number({
    minimum: 0,
    maximum: 1,
    description: 'how much of what is asked it should get',
  }),
  until: Time,
  decision: Id,
  keysetSha384: hex(48),
  proofs: Type.Array(ProvenLeafSchema, { maxItems: 8 }),
});
export type Candidate = Type.Static<typeof CandidateSchema>;

export const CandidatesSchema = closed({
  pool: PoolName,
  model: Type.Optional(ModelName),
  ledger: closed({ origin: Type.String() }),
  candidates: Type.Array(CandidateSchema),
});
export type Candidates = Type.Static<typeof CandidatesSchema>;

/**
 * One text for each `host:port`, from any that ssh or people write: without the port where it is 22,
 * in brackets where it is not.
 */
export function sshAddress(text: string): string {
  const [, bracketed, port] = /^\[([^\]]+)\](?::([0-9]+))?$/.exec(text) ?? [];
  const [, plain, plainPort] = /^([^[\]:]+):([0-9]+)$/.exec(text) ?? [];
  const host = hostText(bracketed ?? plain ?? text);
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? plainPort ?? 22}`;
}

/** Whether a node is called so: by its id, by its name, or by the address where its SSH is said to be. */
export function isCalled(
  { node, name, services }: Pick<Candidate, 'node' | 'name' | 'services'>,
  wanted: string,
): boolean {
  return (
    node === wanted ||
    name.toLowerCase() === wanted.toLowerCase() ||
    (services?.ssh !== undefined && sshAddress(services.ssh) === sshAddress(wanted))
  );
}
