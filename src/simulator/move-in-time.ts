/** The end that never comes (RFC 5280 section 4.1.2.5) is none that moves. */
const INSTANT = /^(?!9999-)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/**
 * Moves all that a plan says about when: certificates, lists, documents and clocks keep their
 * distances to each other. Whatever is made from it is in date that much later.
 *
 * @param plan of whatever kind; changed in place. Instants are texts like `2026-06-01T00:00:00Z`
 *   and the numbers in `at`, in milliseconds since the epoch.
 * @param by milliseconds, whole seconds.
 */
export function moveInTime(plan: object, by: number): void {
  move(plan, by, new Set());
}

function move(holder: object, by: number, moved: Set<object>): void {
  // What two have in common is moved once.
  if (moved.has(holder) || holder instanceof Uint8Array) return;
  moved.add(holder);
  const members = holder as Record<string, unknown>;
  for (const [name, value] of Object.entries(members)) {
    if (typeof value === 'string' && INSTANT.test(value)) members[name] = later(value, by);
    else if (name === 'at' && typeof value === 'number') members[name] = value + by;
    else if (name === 'at' && isObject(value)) moveClocks(value, by, moved);
    else if (isObject(value)) move(value, by, moved);
  }
}

function moveClocks(clocks: object, by: number, moved: Set<object>): void {
  if (moved.has(clocks)) return;
  moved.add(clocks);
  const members = clocks as Record<string, number>;
  for (const [name, at] of Object.entries(members)) members[name] = at + by;
}

function later(instant: string, by: number): string {
  return new Date(Date.parse(instant) + by).toISOString().replace('.000Z', 'Z');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
