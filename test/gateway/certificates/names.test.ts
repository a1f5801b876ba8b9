import { describe, expect, it } from 'vitest';
import {
  hostNameOf,
  hostPattern,
  isDomain,
  wantOwnNames,
} from '../../../src/gateway/certificates/names.ts';
import { faultOf } from '../../support/fault-of.ts';

const node = { id: 'n', name: 'node-1', pool: 'serving' };

it('names a node by its own name, its pool and the domain', () => {
  expect(hostNameOf(node, 'fleet.example')).toBe('node-1.serving.fleet.example');
  expect(hostPattern('serving', 'fleet.example')).toBe('*.serving.fleet.example');
  expect(hostPattern('a.b', 'fleet.example')).toBeUndefined();
});

describe('certifies nobody', () => {
  it.each(['Node', 'a.b', '-a', 'a-', 'node 1', 'ⓝode', '*', 'a\n', 'a_b', '', 'x'.repeat(64)])(
    'called %j, or in a pool called so',
    (label) => {
      for (const of of [
        { ...node, name: label },
        { ...node, pool: label },
      ]) {
        expect(faultOf(() => hostNameOf(of, 'fleet.example'))).toMatchObject({ code: 'conflict' });
      }
    },
  );

  it('whose name is too long for DNS', () => {
    const domain = `${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(63)}.example`;
    const of = { ...node, name: 'n'.repeat(63) };
    expect(faultOf(() => hostNameOf(of, domain))).toMatchObject({ code: 'conflict' });
  });

  it('for a name that only looks like its own', () => {
    const own = 'node-1.serving.fleet.example';
    expect(() => wantOwnNames([], own)).not.toThrow();
    expect(() => wantOwnNames([own, own], own)).not.toThrow();
    for (const name of [own.toUpperCase(), `${own}.`, ` ${own}`, own.slice(1), `*.${own}`, '']) {
      expect(faultOf(() => wantOwnNames([own, name], own))).toMatchObject({ at: 'names[1]' });
    }
  });
});

it.each([
  { text: 'fleet.example', is: true },
  { text: 'a-b.c1.example', is: true },
  { text: 'example', is: false },
  { text: '.example', is: false },
  { text: 'fleet.example.', is: false },
  { text: '*.example', is: false },
  { text: 'Fleet.example', is: false },
  { text: 'fleet.example\n', is: false },
  { text: `${'d.'.repeat(100)}example`, is: false },
])('takes $text for a domain: $is', ({ text, is }) => {
  expect(isDomain(text)).toBe(is);
});
