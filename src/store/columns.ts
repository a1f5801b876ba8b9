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
} as const satisfies Readonly<Record<string, Columns>>;

export type SummedTable = keyof typeof SUMMED;

export function columnsOf(table: SummedTable): Columns {
  return SUMMED[table];
}
