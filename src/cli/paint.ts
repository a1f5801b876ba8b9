/** SGR codes; text without colours on anything but a terminal that wants them. */
const CODES = { green: 32, red: 31, yellow: 33, dim: 2, bold: 1 } as const;

export type Colour = keyof typeof CODES;

export type Paint = (colour: Colour, text: string) => string;

export function painter(colours: boolean): Paint {
  return (colour, text) => (colours ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text);
}

/** https://no-color.org: any non-empty value switches colours off. */
export function wantsColours(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}
