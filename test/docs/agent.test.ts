import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LOG_MESSAGES } from '../../src/agent/log.ts';
import { AGENT_DEFAULTS } from '../../src/cli/agent/config.ts';
import { AGENT_PLACES, tryAgentConfig } from '../../src/cli/agent/read-agent-config.ts';

const page = readFileSync('docs/agent/README.md', 'utf8');
const { places } = AGENT_PLACES;

describe('the operator’s page', () => {
  const leaves = places.filter(
    (place) => !place.endsWith('[]') && !places.some((other) => other.startsWith(`${place}.`)),
  );

  it.each(leaves)('tells of %s', (place) => {
    expect(page).toContain(`\`${place}\``);
  });

  const { keys, limits, upstream, ssh, tls } = AGENT_DEFAULTS;
  const numbers = { keys, limits, upstream, ssh, tls } as const;
  const defaults = Object.entries(numbers).flatMap(([group, values]) =>
    Object.entries(values)
      .filter(([, value]) => !Array.isArray(value))
      .map(([name, value]) => [`${group}.${name}`, `${value}`] as const),
  );
  it.each(defaults)('tells the default of %s, %s', (name, value) => {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    expect(row).toContain(`\`${value}\``);
  });

  it('explains messages that there are', () => {
    const said = [...page.matchAll(/^\| `([a-z ]+)`(?: with `[a-z-]+`)? \|/gm)].map(([, m]) => m);
    const messages = said.filter((one) => LOG_MESSAGES.includes(one as never));
    expect(messages.length).toBeGreaterThan(5);
  });
});

it('the minimal configuration is one', () => {
  const file = new Uint8Array(readFileSync('docs/agent/minimal.yaml'));
  expect(tryAgentConfig(file, []).problems).toEqual([]);
});
