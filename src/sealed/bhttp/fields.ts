import { SealedFault } from '../fault.ts';
import type { Field } from './message.ts';

/** A token of RFC 9110 section 5.6.2 in lower case: so also no pseudo-field, which has a colon. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Visible characters, bytes above them, and blanks that are not at the ends (RFC 9110 section 5.5). */
const VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;

/** About a connection, of which a message that is sealed knows none (RFC 9110 section 7.6.1). */
const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Lists by definition, so that two lines are one longer list, and `set-cookie`. Of all others two
 * readers could take different ones for the only one.
 */
const MAY_REPEAT: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'accept-ranges',
  'allow',
  'alt-svc',
  'cache-control',
  'content-encoding',
  'content-language',
  'cookie',
  'forwarded',
  'if-match',
  'if-none-match',
  'link',
  'prefer',
  'preference-applied',
  'proxy-authenticate',
  'server-timing',
  'set-cookie',
  'trailer',
  'vary',
  'via',
  'warning',
  'www-authenticate',
  'x-forwarded-for',
]);

/** What a sender must have said before the content, and so no trailer may say (RFC 9110 section 6.5.1). */
const NO_TRAILERS: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'host',
  'set-cookie',
  'trailer',
]);

/** @throws SealedFault `malformed` at `<path>[i]` for fields that two readers could read differently. */
export function checkFields(
  fields: readonly Field[],
  path: string,
  section: 'header' | 'trailer' = 'header',
): void {
  const seen = new Set<string>();
  for (const [i, [name, value]] of fields.entries()) {
    const problem =
      problemOf(name, value) ??
      (seen.has(name) && !MAY_REPEAT.has(name) ? `a second ${name}` : undefined) ??
      (section === 'trailer' && NO_TRAILERS.has(name) ? `${name} in a trailer` : undefined);
    if (problem !== undefined) throw new SealedFault('malformed', `${path}[${i}]`, problem);
    seen.add(name);
  }
}

function problemOf(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return 'a name that is no token in lower case';
  if (OF_CONNECTIONS.has(name)) return `${name}, which is about a connection`;
  return VALUE.test(value)
    ? undefined
    : `a value of ${name} with control characters or outer blanks`;
}

/** @returns undefined when it is not there. */
export function fieldValue(fields: readonly Field[], name: string): string | undefined {
  return fields.find(([other]) => other === name)?.[1];
}

/**
 * @returns undefined without the field.
 * @throws SealedFault `malformed` for what is no whole number.
 */
export function contentLength(fields: readonly Field[], path: string): number | undefined {
  const text = fieldValue(fields, 'content-length');
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) {
    throw new SealedFault('malformed', `${path}.content-length`, 'no whole number');
  }
  return Number(text);
}
