import type { Misfit } from '../../core/document/explain-shape.ts';
import type { JsonValue } from '../../core/encoding/json.ts';

/** A private key, an API key, a password in a URL. */
const SECRET = /-----BEGIN|^postern[._-][A-Za-z0-9._-]{16,}$|:\/\/[^/@\s]*:[^/@\s]+@/;

/**
 * Where a secret stands in the configuration itself: it is not quoted, and nothing else is said
 * before it is gone.
 */
export function inlineSecrets(value: JsonValue, path = ''): readonly Misfit[] {
  if (typeof value === 'string') {
    const problem =
      'a secret stands here in the clear: put it into a file of its own, and its path here';
    const ofDatabase = 'the address of a database may hold a password: set DATABASE_URL to it';
    if (!SECRET.test(value)) return [];
    return [{ path, problem: path === 'database' ? ofDatabase : problem }];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((one, i) => inlineSecrets(one, `${path}[${i}]`));
  return Object.entries(value).flatMap(([name, one]) =>
    inlineSecrets(one as JsonValue, path === '' ? name : `${path}.${name}`),
  );
}
