/** `1 leaf`, `2 leaves`. */
export function counted(count: number | bigint, one: string, many: string): string {
  return `${count} ${BigInt(count) === 1n ? one : many}`;
}

export function countedLeaves(count: number | bigint): string {
  return counted(count, 'leaf', 'leaves');
}

/** For JSON: a number as far as numbers are exact, and its digits beyond. */
export function exactCount(count: bigint): number | string {
  return count <= Number.MAX_SAFE_INTEGER ? Number(count) : `${count}`;
}
