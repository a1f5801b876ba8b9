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
 * Steps that an evaluation could take at most, each some hundred nanoseconds: a part of the tree is
 * one; what is compared, searched or joined costs by how large it could be; a pattern its states
 * for each character of the text; a loop its body for each item.
 */
export const MOST_STEPS = 250_000;

/** No list or map among the facts is longer; those within one count by themselves. */
export const FACT_ITEMS = 64;

/** No device has more members. */
export const DEVICE_MEMBERS = 16;

/** Longest text among the facts, and among those of a device. */
export const FACT_TEXT = 512;
export const DEVICE_TEXT = 128;
