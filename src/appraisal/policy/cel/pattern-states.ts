/**
 * States that RE2 makes of a pattern, about and rather too many: it writes repetitions out
 * (`(a{100}){10}` is a thousand), and may look at each of them for every character of a text.
 *
 * Patterns that RE2 does not read have some number as well: whether it does is asked elsewhere.
 */
export function patternStates(pattern: string): number {
  // The states of each group that is open, the pattern itself first.
  const open = [1];
  let last = 0;
  const add = (states: number) => {
    last = states;
    open.push((open.pop() ?? 0) + states);
  };
  for (let rest = pattern; rest !== ''; ) {
    const [token = rest] = TOKEN.exec(rest) ?? [];
    rest = rest.slice(token.length);
    // What is quoted reads like what is not.
    if (token === '\\Q') return Number.POSITIVE_INFINITY;
    if (token === '(') {
      open.push(2);
    } else if (token === ')') {
      add(open.pop() ?? 0);
    } else if (/^\{\d/.test(token)) {
      // Of what was repeated already RE2 takes no repetition, but in a group of its own.
      add(last * Math.max(...token.split(/\D+/).map(Number)));
    } else {
      add(1);
    }
  }
  return open.reduce((sum, states) => sum + states, 0);
}

/** A class of letters, an escape, a class, a number of times, or one character. */
const TOKEN = /^(?:\\[pPx]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|\[:\w*:\]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|.)/s;
