import { describe, expect, it } from 'vitest';
import { leadsInside, lookupFor } from '../../src/gateway/endpoint-guard.ts';

describe('an endpoint of a node', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '0',
    '0.0.0.0',
    '10.1.2.3',
    '169.254.169.254',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
    '[::]',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:0.0.0.0]',
    '[::127.0.0.1]',
    '[64:ff9b::10.0.0.1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd00::1]',
    '[ff02::1]',
  ])('leads inside at %s', (host) => {
    const url = new URL(`http://${host}:8500/v1/attest`);
    expect([leadsInside(url, 'public'), leadsInside(url, 'private-too')]).toEqual([true, false]);
  });

  it.each(['203.0.113.7', '[2606:4700::1]', '[::ffff:8.8.8.8]', 'node.example'])(
    'leads outside at %s',
    (host) => {
      expect(leadsInside(new URL(`https://${host}/v1/attest`), 'public')).toBe(false);
    },
  );

  it('is looked at where its name was looked up', async () => {
    const { lookup } = lookupFor('public');
    const error = await new Promise((resolve) => lookup?.('localhost', { all: true }, resolve));
    expect(error).toBeInstanceOf(Error);
    expect(lookupFor('private-too')).toEqual({});
  });
});
