/** What is wrong with a text that somebody wrote, where, and what to do about it. */
export interface Problem {
  /** The member, e.g. `spec.evidence.cpu.referenceSets[0].mrTd`; empty for the document itself. */
  readonly path: string;
  readonly problem: string;
  /** From 1; absent where the text has no lines worth counting, as in canonical JSON. */
  readonly line?: number;
  readonly column?: number;
}

/** `policy.yaml:12:7 spec.role: want …`, for people. */
export function problemLine(file: string, { path, problem, line, column }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column}`;
  if (path !== '') return `${place} ${path}: ${problem}`;
  return line === undefined ? `${place}: ${problem}` : `${place} ${problem}`;
}
