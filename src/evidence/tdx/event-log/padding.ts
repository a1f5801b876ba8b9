/**
 * Where the padding behind the entries of a log may begin at the earliest: what stands from
 * there to the end is any number of 0xFF bytes (OVMF fills the area so), then any number of
 * zeros (td-shim does). An entry may reach into it, since its data can end in such bytes.
 */
export function paddingStart(bytes: Uint8Array): number {
  let start = bytes.length;
  while (start > 0 && bytes[start - 1] === 0) start--;
  while (start > 0 && bytes[start - 1] === 0xff) start--;
  return start;
}

/** Offset of the first byte from `start` on that is not padding. */
export function strayByte(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] === 0xff) at++;
  while (bytes[at] === 0) at++;
  return at;
}
