/** For a file that repeats a failure: bytes as hex, all else as it is. */
export function evidenceJson(evidence: unknown): string {
  const replacer = (_name: string, value: unknown) =>
    value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value;
  return JSON.stringify(evidence, replacer, 1);
}
