import { describe, expect, it } from 'vitest';
import { authorityOf, parseTarget } from '../../../src/protocol/request-signature/target.ts';
import { faultOf } from '../../support/fault-of.ts';

describe('a target', () => {
  it.each([
    // RFC 9421 sections 2.2.6 and 2.2.7.
    ['/path?param=value&foo=bar&baz=bat%2Dman', '/path', '?param=value&foo=bar&baz=bat%2Dman'],
    ['/path?queryString', '/path', '?queryString'],
    ['/path?', '/path', '?'],
    ['/path', '/path', '?'],
    ['/', '/', '?'],
    ['/?a?b', '/', '?a?b'],
    ['//a//', '//a//', '?'],
    ['/.well-known/a..b/%7e', '/.well-known/a..b/%7e', '?'],
    ["/a:@!$&'()*+,;=-_.~?a:@!$&'()*+,;=-_.~/", "/a:@!$&'()*+,;=-_.~", "?a:@!$&'()*+,;=-_.~/"],
  ])('%s', (target, path, query) => {
    expect(parseTarget(target)).toEqual({ path, query });
  });

  it.each([
    ['path', ''],
    ['path', '*'],
    ['path', '?a'],
    ['path', 'path'],
    ['path', 'https://gate.example/path'],
    ['path', 'gate.example:443'],
    ['path', '/a b'],
    ['path', '/a\n"@path": /b'],
    ['path', '/a\\b'],
    ['path', '/ä'],
    ['path', '/a%'],
    ['path', '/a%2'],
    ['path', '/a%2g'],
    ['path', '/a#b'],
    ['path', '/a"'],
    ['path', '/.'],
    ['path', '/../a'],
    ['path', '/a/..'],
    ['path', '/a/./b'],
    ['path', '/a/%2e/b'],
    ['path', '/a/.%2E/b'],
    ['query', '/a?b c'],
    ['query', '/a?b\n'],
    ['query', '/a?b#c'],
    ['query', '/a?%zz'],
    ['query', '/a?[b]'],
  ])('refused at the %s: %j', (part, target) => {
    expect(faultOf(() => parseTarget(target))).toMatchObject({
      code: 'malformed',
      at: `request.${part}`,
    });
  });
});

describe('an authority', () => {
  it.each([
    ['https://www.example.com', 'www.example.com'],
    ['http://127.0.0.1:8080', '127.0.0.1:8080'],
    ['https://[::1]:8443', '[::1]:8443'],
    ['https://gate.example:80', 'gate.example:80'],
  ])('%s', (origin, authority) => {
    expect(authorityOf(origin, 'origin')).toBe(authority);
  });

  it.each([
    '',
    'gate.example',
    'https://',
    'https://GATE.example',
    'https://gate.example/',
    'https://gate.example:443',
    'http://gate.example:80',
    'https://gate.example/path',
    'https://user@gate.example',
    'ftp://gate.example',
    'data:,',
  ])('refuses %j', (origin) => {
    expect(faultOf(() => authorityOf(origin, 'origin'))).toMatchObject({
      code: 'malformed',
      at: 'origin',
    });
  });
});
