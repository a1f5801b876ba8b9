export type Kind = 'integer' | 'text' | 'bytes';

export interface Columns {
  /** What tells its rows apart, in order. */
  readonly key: readonly string[];
  /** What its rows' sums cover: all columns but the sum, in the order they are summed. */
  readonly summed: Readonly<Record<string, Kind>>;
}

/**
 * Every table whose rows carry a sum: all but `uses`, whose rows the sums of `records` cover.
 * A column that a later migration adds goes last, and NULL into the rows that are there.
 */
export const SUMMED = {
  migrations: { key: ['version'], summed: { version: 'integer', digest: 'text' } },
  meta: { key: ['name'], summed: { name: 'text', value: 'text' } },
  lease: {
    key: ['id'],
    summed: { id: 'integer', holder: 'text', token: 'integer', beat: 'integer', wanted: 'integer' },
  },
  leaves: {
    key: ['idx'],
    summed: { idx: 'integer', id: 'text', entry: 'bytes', hash: 'bytes' },
  },
  tiles: { key: ['level', 'idx'], summed: { level: 'integer', idx: 'integer', hashes: 'bytes' } },
  checkpoints: { key: ['size'], summed: { size: 'integer', root: 'bytes', note: 'bytes' } },
  cosignatures: {
    key: ['size', 'nth'],
    summed: { size: 'integer', nth: 'integer', line: 'text' },
  },
  blobs: { key: ['digest'], summed: { id: 'integer', digest: 'text', sealed: 'bytes' } },
  records: {
    key: ['idx'],
    summed: {
      idx: 'integer',
      moment: 'integer',
      manifest: 'text',
      uses_sum: 'text',
      forgotten: 'integer',
      reason: 'text',
    },
  },
  nodes: {
    key: ['id'],
    summed: {
      id: 'text',
      name: 'text',
      public_key: 'text',
      pool: 'text',
      state: 'text',
      due: 'integer',
      taken: 'integer',
      ends: 'integer',
      version: 'integer',
      doc: 'text',
    },
  },
  hardware: { key: ['name'], summed: { name: 'text', node: 'text' } },
  spent: { key: ['digest'], summed: { digest: 'text', until: 'integer' } },
  events: {
    key: ['seq'],
    summed: { seq: 'integer', moment: 'integer', type: 'text', node: 'text', data: 'text' },
  },
  pool_policies: {
    key: ['pool'],
    summed: {
      pool: 'text',
      name: 'text',
      revision: 'integer',
      digest: 'text',
      file: 'bytes',
      revocations: 'text',
      activated: 'integer',
      pending: 'text',
    },
  },
  decisions: { key: ['id'], summed: { id: 'text', node: 'text', nth: 'integer' } },
  challenge_keys: { key: ['id'], summed: { id: 'text', sealed: 'bytes', made: 'integer' } },
  credentials: {
    key: ['id'],
    summed: {
      id: 'text',
      name: 'text',
      proof: 'text',
      created: 'integer',
      revoked: 'integer',
      doc: 'text',
    },
  },
  usage: {
    key: ['seq'],
    summed: {
      seq: 'integer',
      moment: 'integer',
      node: 'text',
      account: 'text',
      keyset: 'text',
      session: 'text',
      nth: 'integer',
      prev: 'text',
      tokens: 'integer',
      statement: 'text',
    },
  },
  unmetered: {
    key: ['session', 'node'],
    summed: {
      session: 'text',
      node: 'text',
      account: 'text',
      keyset: 'text',
      moment: 'integer',
    },
  },
} as const satisfies Readonly<Record<string, Columns>>;

export type SummedTable = keyof typeof SUMMED;

export function columnsOf(table: SummedTable): Columns {
  return SUMMED[table];
}
