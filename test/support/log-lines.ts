import { expect } from 'vitest';
import { LOG_MESSAGES } from '../../src/gateway/http/log.ts';

/** All that a line of the log may have, and what each is made of. */
const FIELDS: Readonly<Record<string, RegExp>> = {
  level: /^(debug|info|warn|error)$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  msg: new RegExp(`^(${LOG_MESSAGES.join('|')})$`),
  reqId: /^[0-9a-f]{16}$/,
  method: /^([A-Z]{3,7}|other)$/,
  route: /^[A-Za-z0-9/:.*_-]{1,128}$/,
  status: /^\d{3}$/,
  ms: /^\d+$/,
  principal: /^(anyone|credential|node)$/,
  principalId: /^[0-9a-f]{16,64}$/,
  role: /^[a-z]+$/,
  decision: /^[0-9a-f]{32}$/,
  fault: /^[A-Za-z0-9_-]{1,50}$/,
  at: /^[A-Za-z0-9_.[\]?-]{0,128}$/,
  site: /^[A-Za-z0-9/._-]+:\d+:\d+$/,
};

/** What a gateway says to people who run it, a line each. */
const WARNING = /^postern: [^\p{C}\p{Zl}\p{Zp}]+$/u;

/** Each line is one object of what a line may have, or one warning on one line. @returns the objects. */
export function expectLogLines(said: readonly string[]): readonly Record<string, unknown>[] {
  const text = said.join('');
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.slice(0, -1).split('\n');
  return lines.flatMap((line) => {
    if (WARNING.test(line)) return [];
    const fields = JSON.parse(line) as Record<string, unknown>;
    for (const [name, value] of Object.entries(fields)) {
      expect([name, FIELDS[name]]).toEqual([name, expect.any(RegExp)]);
      expect(`${name}: ${value}`).toMatch(new RegExp(`^${name}: ${FIELDS[name]?.source.slice(1)}`));
    }
    return [fields];
  });
}
