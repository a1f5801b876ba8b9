/**
 * The three functions of the Reflect.metadata proposal that `@peculiar/x509` needs at load
 * time (its dependency container stores constructor parameter types through them). Import
 * this before it; where a full polyfill is loaded already, nothing is touched.
 */
type Metadata = Map<unknown, unknown>;

const held = new WeakMap<object, Metadata>();

function getOwnMetadata(key: unknown, target: object): unknown {
  return held.get(target)?.get(key);
}

function getMetadata(key: unknown, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at)) {
    const own = held.get(at);
    if (own?.has(key)) return own.get(key);
  }
  return undefined;
}

function defineMetadata(key: unknown, value: unknown, target: object): void {
  const own: Metadata = held.get(target) ?? new Map();
  held.set(target, own.set(key, value));
}

if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, { getOwnMetadata, getMetadata, defineMetadata });
}
