/** @param text e.g. `512KiB` or `8MiB`. @returns bytes. */
export function sizeBytes(text: string): number {
  return Number(text.slice(0, -3)) * (text.endsWith('KiB') ? 1024 : 1024 * 1024);
}
