import { expect } from 'vitest';
import { type Files, jsonOf, postern, UNSAFE } from './fake-io.ts';

/** Clears the screen, sets the title, writes a verdict of its own, turns the line around. */
export const EVIL =
  'x\u001b[2J\u001b]0;mine\u0007\u009b1A\r\nACCEPT\u2028\u202e\u200b\u007f\u{e0041}';
/** What gets past a parser that wants ASCII. */
export const EVIL_ASCII = 'x\u001b[2J\r\nACCEPT  authentic\u0007';
/** What gets past one that wants it printable. */
export const EVIL_PRINTABLE = 'x  ACCEPT  authentic - vendor anchors';

/** All that some command lines print of these files, and all that inspect says of each. */
export async function everyOutput(
  files: Files,
  ...lines: readonly (readonly string[])[]
): Promise<readonly string[]> {
  const outputs: string[] = [];
  const inspections = Object.keys(files).map((file) => ['inspect', file]);
  for (const argv of [...lines.map((line) => [...line, '--claims', '--checks']), ...inspections]) {
    for (const more of [[], ['--json']]) {
      const { exit, out, err } = await postern([...argv, ...more], files);
      expect(exit).not.toBe(70);
      if (more.length > 0) jsonOf({ out });
      outputs.push(out, err);
    }
  }
  return outputs;
}

export function expectTame(outputs: readonly string[]): void {
  for (const output of outputs) {
    expect(output).not.toMatch(UNSAFE);
    // Only the verdict itself begins a line in this way.
    expect(output).not.toMatch(/^ACCEPT(?! {2}(not shown to be )?authentic · )/m);
  }
}
