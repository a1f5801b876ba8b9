/** A word of a kernel's command line, as those who read it take it. */
export interface CommandLineWord {
  /** As the kernel has it (lib/cmdline.c, next_arg): quotes around the whole or the value are gone. */
  readonly kernel: string;
  /** Without any quote, as systemd reads /proc/cmdline. */
  readonly unquoted: string;
  /** Behind `--`: not the kernel's any more, but what it starts init with. */
  readonly forInit: boolean;
}

/** Words of a line of ASCII: split by white space outside of double quotes. */
export function wordsOf(line: string): readonly CommandLineWord[] {
  const raw = [...line.matchAll(/(?:"[^"]*"?|[^\s"])+/g)].map(([word]) => word);
  const end = raw.indexOf('--');
  return raw.map((word, i) => ({
    kernel: kernelWord(word),
    unquoted: word.replaceAll('"', ''),
    forInit: end >= 0 && i > end,
  }));
}

function kernelWord(raw: string): string {
  const quoted = raw.startsWith('"');
  const word = quoted ? raw.slice(1) : raw;
  const at = word.indexOf('=');
  const opened = at >= 0 && word[at + 1] === '"';
  const open = opened ? word.slice(0, at + 1) + word.slice(at + 2) : word;
  return (quoted || opened) && open.endsWith('"') ? open.slice(0, -1) : open;
}

/** Whether somebody may take it for what a policy forbids. */
export function mayBe({ kernel, unquoted }: CommandLineWord, pattern: string): boolean {
  return fits(kernel, pattern) || fits(unquoted, pattern);
}

/** Whether everybody takes it for what a policy requires. */
export function isSurely(word: CommandLineWord, pattern: string): boolean {
  return !word.forInit && fits(word.kernel, pattern) && fits(word.unquoted, pattern);
}

/** @param pattern a word, or the beginning of one with `*` for any rest. */
export function fits(word: string, pattern: string): boolean {
  const [got, want] = [dashed(word), dashed(pattern)];
  return want.endsWith('*') ? got.startsWith(want.slice(0, -1)) : got === want;
}

/** A - is a _ to the kernel, in the name before `=`. */
function dashed(word: string): string {
  const at = word.indexOf('=');
  return at < 0
    ? word.replaceAll('-', '_')
    : word.slice(0, at).replaceAll('-', '_') + word.slice(at);
}
