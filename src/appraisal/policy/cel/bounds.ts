/** Longest source of an assertion. */
export const LONGEST_SOURCE = 1024;

/** Most nodes of its syntax tree, macros written out. */
export const MOST_NODES = 200;

/** Comprehensions (all, exists, exists_one, map, filter) within each other. */
export const DEEPEST_COMPREHENSION = 2;

/** Most brackets within each other, before anything recurses into them. */
export const DEEPEST_BRACKETS = 24;

/** Longest regular expression. The engine is RE2’s: time is linear in the text. */
export const LONGEST_PATTERN = 64;

/**
 * Steps that an evaluation could take at most: a node is one, a list or text that a function
 * looks at costs its length besides, a comprehension counts its body once an item.
 */
export const MOST_STEPS = 1_000_000;

/** Facts have no list longer than this, and no text. */
export const LONGEST_FACT_LIST = 64;
export const LONGEST_FACT_TEXT = 512;
