import { describe, expect, it } from 'vitest';
import { painter, wantsColours } from '../../src/cli/paint.ts';
import { files, postern, VERIFY } from './fake-io.ts';

describe('painter', () => {
  it('wraps in SGR codes and resets', () => {
    expect(painter(true)('red', 'no')).toBe('\u001b[31mno\u001b[0m');
  });

  it('leaves text alone without colours', () => {
    expect(painter(false)('red', 'no')).toBe('no');
  });
});

describe('wantsColours', () => {
  it.each([
    { name: 'a terminal', stream: { isTTY: true }, env: {}, wants: true },
    { name: 'an empty NO_COLOR', stream: { isTTY: true }, env: { NO_COLOR: '' }, wants: true },
    { name: 'NO_COLOR', stream: { isTTY: true }, env: { NO_COLOR: '1' }, wants: false },
    { name: 'NO_COLOR=0', stream: { isTTY: true }, env: { NO_COLOR: '0' }, wants: false },
    { name: 'a dumb terminal', stream: { isTTY: true }, env: { TERM: 'dumb' }, wants: false },
    { name: 'another terminal', stream: { isTTY: true }, env: { TERM: 'xterm' }, wants: true },
    { name: 'a pipe', stream: {}, env: {}, wants: false },
  ])('$name: $wants', ({ stream, env, wants }) => {
    expect(wantsColours(stream, env)).toBe(wants);
  });
});

describe('colours of a verification', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
  const codes = /\u001b\[\d+m/g;

  it('are there when wanted, and change nothing else', async () => {
    const plain = await postern(VERIFY, files);
    const painted = await postern(VERIFY, files, { colours: true });
    expect(plain.out).not.toMatch(codes);
    expect(painted.out).toContain('\u001b[32m✓\u001b[0m');
    expect(painted.out.replace(codes, '')).toBe(plain.out);
  });

  it('are never in JSON', async () => {
    const painted = await postern([...VERIFY, '--json'], files, { colours: true });
    expect(painted.out).not.toMatch(codes);
  });
});
