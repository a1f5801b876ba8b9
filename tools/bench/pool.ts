/** The pool's item for a call; a pool that is used up starts over. */
export function pick<T>(pool: readonly T[], call: number): T {
  const item = pool[call % pool.length];
  if (item === undefined) throw new RangeError('an empty pool');
  return item;
}

/** Report data by which the evidence of a pool differs: 64 bytes, the number in front. */
export function numbered(i: number): Uint8Array {
  const reportData = new Uint8Array(64);
  new DataView(reportData.buffer).setUint32(0, i);
  return reportData;
}
