/** Control and format characters (bidirectional overrides, joiners, lone surrogates) and line ends. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Attacker-controlled text for one line of a terminal: what could move the cursor, begin a
 * line of its own or turn the reading direction shows as `\x1b` or `\u202e`. Letters of any
 * script stay.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (found) =>
    units(found)
      .map((unit) => (unit < 0x100 ? `\\x${hex(unit, 2)}` : `\\u${hex(unit, 4)}`))
      .join(''),
  );
}

/** JSON on one line with the same characters escaped, which means the same to every reader. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(INVISIBLE, (found) =>
    units(found)
      .map((unit) => `\\u${hex(unit, 4)}`)
      .join(''),
  );
}

/** A character beyond U+FFFF is two UTF-16 units, and is escaped as two. */
function units(character: string): number[] {
  return Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
