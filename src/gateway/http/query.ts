import { Fault, malformed } from '../../core/fault.ts';

/**
 * Each member once, percent-escapes well-formed, `+` is a plus: two readers of one query must not
 * see two different ones.
 *
 * @param raw what stands behind the question mark.
 * @throws Fault `malformed` at `query…`.
 */
export function readQuery(raw: string | undefined, most: number): Readonly<Record<string, string>> {
  const members: Record<string, string> = Object.create(null);
  if (raw === undefined || raw === '') return members;
  const pairs = raw.split('&');
  if (pairs.length > most) throw malformed('query', `more than ${most} members`);
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw malformed('query', 'want name=value, joined by &');
    const name = unescaped(pair.slice(0, equals));
    const value = unescaped(pair.slice(equals + 1));
    if (name in members) throw malformed('query', `${name} is there twice`);
    members[name] = value;
  }
  return members;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (cause instanceof URIError) throw new Fault('malformed', 'query', 'escapes no UTF-8');
    throw cause;
  }
}
