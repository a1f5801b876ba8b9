import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { chatVerb } from '../../src/cli/client/chat-verb.ts';
import { proxyVerb } from '../../src/cli/client/proxy-verb.ts';

const page = readFileSync('docs/client/proxy.md', 'utf8');
const options = new Set([...Object.keys(proxyVerb.options), ...Object.keys(chatVerb.options)]);

it.each([...options])('the page of the proxy tells of --%s', (name) => {
  expect(page).toContain(`\`--${name}\``);
});

it('and of no option that is not there', () => {
  const said = [...page.matchAll(/`--([a-z-]+)`/g)].map(([, name]) => name);
  expect(said.length).toBeGreaterThanOrEqual(options.size);
  for (const name of said) expect([...options]).toContain(name);
});
