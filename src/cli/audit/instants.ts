/** RFC 3339 in UTC to the millisecond, as leaves have it. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString();
}
