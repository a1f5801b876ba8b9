import { describe, expect, it } from 'vitest';
import { fromPem, toPem } from '../../../src/core/encoding/pem.ts';
import { faultOf } from '../../support/fault-of.ts';
import { asView } from '../../support/view.ts';

const LABEL = 'CERTIFICATE';
const one = Uint8Array.from({ length: 100 }, (_, i) => i);
const two = Uint8Array.of(1, 2, 3);
const pem = toPem(one, LABEL) + toPem(two, LABEL);
const read = (text: string) => fromPem(text, LABEL, 'chain');

it('writes lines of 64 characters between its marks', () => {
  expect(
    toPem(asView(one), LABEL)
      .split('\n')
      .map((line) => line.length),
  ).toEqual([27, 64, 64, 8, 25, 0]);
});

it('reads every block in order', () => {
  expect(read(pem)).toEqual([one, two]);
});

describe('also reads', () => {
  it.each([
    ['CRLF line ends', pem.replaceAll('\n', '\r\n')],
    ['no line end at the end', pem.trimEnd()],
    ['blocks that touch', pem.replaceAll('-----\n-----BEGIN', '----------BEGIN')],
    ['white space around', `\n \t${pem}\n\n`],
    ['one long line', pem.replaceAll(/(?<=[A-Za-z0-9+/])\n(?=[A-Za-z0-9+/])/g, '')],
  ])('%s', (_name, text) => {
    expect(read(text)).toEqual([one, two]);
  });

  it('nothing at all, as no block', () => {
    expect(read(' \n')).toEqual([]);
  });
});

describe('refuses', () => {
  const begin = '-----BEGIN CERTIFICATE-----\n';
  const end = '-----END CERTIFICATE-----\n';
  it.each([
    { name: 'text before', text: `subject=x\n${pem}`, at: 'chain', detail: 'at character 0' },
    {
      name: 'text between',
      text: pem.replace(end, `${end}#\n`),
      at: 'chain',
      detail: 'not a CERT',
    },
    { name: 'text after', text: `${pem}x`, at: 'chain', detail: 'not a CERTIFICATE PEM block' },
    {
      name: 'a NUL after, as vendors leave it',
      text: `${pem}\0`,
      at: 'chain',
      detail: 'not a CERT',
    },
    {
      name: 'another label',
      text: toPem(one, 'X509 CRL'),
      at: 'chain',
      detail: 'not a CERTIFICATE',
    },
    {
      name: 'another label among the right ones',
      text: pem + toPem(one, 'PRIVATE KEY'),
      at: 'chain',
      detail: 'not a CERTIFICATE',
    },
    { name: 'no end line', text: `${begin}AQID\n`, at: 'chain[0]', detail: 'without its end line' },
    {
      name: 'no end line of its own',
      text: `${begin}AQID\n${toPem(one, LABEL)}`,
      at: 'chain[0]',
      detail: 'not base64',
    },
    {
      name: 'the end line of another label',
      text: `${begin}AQID\n-----END X509 CRL-----\n`,
      at: 'chain[0]',
      detail: 'without its end line',
    },
    { name: 'an empty block', text: begin + end, at: 'chain[0]', detail: 'empty PEM block' },
    { name: 'an end without a begin', text: end, at: 'chain', detail: 'not a CERTIFICATE' },
    {
      name: 'headers inside (RFC 1421)',
      text: `${begin}Proc-Type: 4,ENCRYPTED\n\nAQID\n${end}`,
      at: 'chain[0]',
      detail: 'not base64',
    },
    {
      name: 'a second block that is not base64',
      text: toPem(one, LABEL) + pem.replace('AAEC', 'AA*C'),
      at: 'chain[1]',
      detail: 'not base64',
    },
    {
      name: 'a lower-case label',
      text: pem.replaceAll(LABEL, 'certificate'),
      at: 'chain',
      detail: 'not a CERTIFICATE',
    },
    {
      name: 'a byte order mark',
      text: `\ufeff${pem}`,
      at: 'chain',
      detail: 'not a CERTIFICATE',
    },
  ])('$name', ({ text, at, detail }) => {
    const fault = faultOf(() => read(text));
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault.detail).toContain(detail);
  });
});
