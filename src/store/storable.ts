/** Text that both databases keep as it is: no NUL, no half of a surrogate pair, and not empty. */
export function isStorable(text: string): boolean {
  return text !== '' && !text.includes('\0') && text.isWellFormed();
}
