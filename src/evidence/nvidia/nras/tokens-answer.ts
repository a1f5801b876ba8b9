import type { JsonValue } from '../../../core/encoding/json.ts';
import type { CheckList } from '../../check-list.ts';
import type { NrasCheckId } from './checks.ts';
import type { Token } from './token.ts';

/**
 * One answer about several tokens, naming each that is wrong.
 *
 * @param problem what a token has instead; undefined when it is right.
 */
export function answerForAll(
  checks: CheckList<NrasCheckId>,
  id: NrasCheckId,
  tokens: readonly Token[],
  want: string,
  problem: (token: Token) => string | undefined,
): void {
  const wrong = tokens.flatMap((token) => {
    const got = problem(token);
    return got === undefined ? [] : [{ token, got }];
  });
  const [first] = wrong;
  if (first === undefined) {
    checks.pass(id);
    return;
  }
  const got = wrong.map(({ token, got }) => `${token.name}: ${got}`).join('; ');
  checks.fail(id, { want, got }, { path: first.token.path });
}

/** A value as it stands in a token, for a message. */
export function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
