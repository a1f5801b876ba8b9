/**
 * A character of text for people, on one line: none that controls, and none that a reader would
 * not see, such as those that turn the direction of what follows. For patterns with the flag `u`.
 */
export const PLAIN_CHARACTER = '[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]';
