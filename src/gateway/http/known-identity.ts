import { type AuthenticationDeps, authenticate } from '../identity/authenticate.ts';
import { mayDo } from '../identity/permissions.ts';
import type { Identity, RequestFacts } from './identity.ts';

/** Who asks, by API key or signature, and the table of who may do what. */
export class KnownIdentity implements Identity {
  readonly #deps: AuthenticationDeps;
  readonly #metrics: 'public' | 'authenticated';

  /** @param metrics who may read them: they tell how a gateway fares, and nothing of anybody. */
  constructor(deps: AuthenticationDeps, metrics: 'public' | 'authenticated') {
    this.#deps = deps;
    this.#metrics = metrics;
  }

  authenticate({ method, path, query, headers, body }: RequestFacts) {
    const target = query === undefined ? path : `${path}?${query}`;
    return authenticate({ method, target, headers: distinct(headers), body }, this.#deps);
  }

  readonly mayDo: Identity['mayDo'] = (principal, operation, subject) =>
    (operation === 'metrics.read' && this.#metrics === 'public') ||
    mayDo(principal, operation, subject);
}

/** By lower-case name, every occurrence for itself. */
function distinct(headers: RequestFacts['headers']): Readonly<Record<string, readonly string[]>> {
  const byName = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    byName.set(key, [...(byName.get(key) ?? []), value]);
  }
  // Not a plain object: a header may be called `__proto__`.
  return Object.assign(Object.create(null), Object.fromEntries(byName));
}
