/** `1 leaf`, `2 leaves`. */
export function counted(count: number | bigint, one: string, many: string): string {
  return `${count} ${BigInt(count) === 1n ? one : many}`;
}

export function countedLeaves(count: number | bigint): string {
  return counted(count, 'leaf', 'leaves');
}
