import { CST, Lexer, type LineCounter, Parser } from 'yaml';

/** The schema of policies needs 10. */
const DEEPEST = 32;
/**
 * Names, values, and each space, sign and end of line between them; a policy of 1024 sets needs
 * some 150,000. A text of nothing but brackets or empty lines has millions, and takes half a minute.
 */
const MOST_WORDS = 250_000;
/**
 * Each wrong escape is an error of its own. And the end of a quoted text is looked for by passing
 * over each \\" before it; a text that then proves unclosed on its line was passed over in vain.
 */
const MOST_BACKSLASHES = 5_000;

/** Why a text is not taken apart, and where that shows. */
export interface Untaken {
  readonly problem: string;
  readonly offset: number;
}

/**
 * The text cut up as far as it is worth it: what is too long, too deep, of several documents or
 * made to take long is left where that shows, before anything recurses or looks back.
 *
 * @param lines is told of the beginning of each.
 */
export function tokensOf(text: string, lines: LineCounter): readonly CST.Token[] | Untaken {
  const backslash = offsetOf(text, '\\', MOST_BACKSLASHES);
  if (backslash !== undefined) {
    return { problem: `more than ${MOST_BACKSLASHES} backslashes`, offset: backslash };
  }
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const taken = new Taken();
  const nesting = new Nesting();
  let words = 0;
  for (const word of new Lexer().lex(text)) {
    if (++words > MOST_WORDS) return { problem: TOO_LONG, offset: parser.offset };
    if (nesting.after(word) > DEEPEST) return { problem: TOO_DEEP, offset: parser.offset };
    const second = taken.secondAfter(parser.next(word));
    if (second !== undefined) return { problem: SECOND, offset: second };
  }
  const second = taken.secondAfter(parser.end());
  if (second !== undefined) return { problem: SECOND, offset: second };
  // Lists and maps may be nested without a bracket as well.
  const deep = taken.tokens.map(tooDeep).find((offset) => offset !== undefined);
  return deep === undefined ? taken.tokens : { problem: TOO_DEEP, offset: deep };
}

const TOO_LONG = `more than ${MOST_WORDS} names, values and signs between them`;
const TOO_DEEP = `nested deeper than ${DEEPEST} levels`;

const SECOND = 'a second document: want one a file, without ---';

/** Tokens so far, and how many of them are documents. */
class Taken {
  readonly tokens: CST.Token[] = [];
  #documents = 0;

  /** @returns where a second document begins, as soon as one does. */
  secondAfter(more: Iterable<CST.Token>): number | undefined {
    for (const token of more) {
      if (token.type === 'document' && ++this.#documents > 1) return token.offset;
      this.tokens.push(token);
    }
    return undefined;
  }
}

/** Where a character stands once more than so many times; undefined if it does not. */
function offsetOf(text: string, character: string, after: number): number | undefined {
  let at = text.indexOf(character);
  for (let count = 0; at >= 0 && count < after; count++) at = text.indexOf(character, at + 1);
  return at < 0 ? undefined : at;
}

/** How deep in brackets and braces a text is after each of its words. */
class Nesting {
  #depth = 0;
  #text = false;

  after(word: string): number {
    // What follows this mark is a text, whatever it looks like.
    if (this.#text) this.#text = false;
    else if (word === CST.SCALAR) this.#text = true;
    else if (word === '[' || word === '{') this.#depth++;
    else if (word === ']' || word === '}') this.#depth--;
    return this.#depth;
  }
}

/** The offset at which a document becomes too deep, found without recursion. */
function tooDeep(token: CST.Token): number | undefined {
  const open: (readonly [CST.Token, depth: number])[] = [[token, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [current, depth] = next;
    if (depth > DEEPEST) return 'offset' in current ? current.offset : 0;
    for (const child of childrenOf(current)) open.push([child, depth + 1]);
  }
  return undefined;
}

function childrenOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!CST.isCollection(token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((one) => one != null));
}
