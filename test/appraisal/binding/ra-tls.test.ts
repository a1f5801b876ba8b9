import { describe, expect, it } from 'vitest';
import { raTlsQuote } from '../../../src/appraisal/binding/ra-tls.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { faultOf } from '../../support/fault-of.ts';
import { followedBy, forge } from '../../support/forge.ts';
import { tlsCertificate } from '../../support/tls-certificates.ts';
import { asView } from '../../support/view.ts';

const [QUOTE, EVENT_LOG, ATTESTATION] = [1, 2, 8].map((n) => `1.3.6.1.4.1.62397.1.${n}`) as [
  string,
  string,
  string,
];
const quote = Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff);
const eventLog = utf8('[]');
const der = await tlsCertificate({ extensions: { [QUOTE]: quote, [EVENT_LOG]: eventLog } });

it('takes quote and event log out of their extensions', () => {
  expect(raTlsQuote(der)).toEqual({ quote, eventLog });
  expect(raTlsQuote(asView(der))).toEqual({ quote, eventLog });
});

it('keeps nothing of the caller’s buffer', () => {
  const own = der.slice();
  const taken = raTlsQuote(own);
  own.fill(0);
  expect(taken).toEqual({ quote, eventLog });
});

it('takes a quote that has no event log', async () => {
  const alone = await tlsCertificate({ extensions: { [QUOTE]: quote } });
  expect(raTlsQuote(alone)).toEqual({ quote, eventLog: undefined });
});

describe('refuses', () => {
  it('a certificate without a quote', async () => {
    expect(faultOf(() => raTlsQuote(der.subarray(1)))).toMatchObject({ code: 'malformed' });
    const plain = await tlsCertificate();
    expect(faultOf(() => raTlsQuote(plain))).toMatchObject({
      code: 'malformed',
      at: 'certificate.extensions',
    });
  });

  it('dstack’s newer encoding, as unsupported', async () => {
    const newer = await tlsCertificate({ extensions: { [ATTESTATION]: quote } });
    expect(faultOf(() => raTlsQuote(newer))).toMatchObject({
      code: 'unsupported',
      at: `certificate.extensions.${ATTESTATION}`,
    });
  });

  it.each([
    { name: 'a quote without its OCTET STRING', inner: () => utf8('quote') },
    { name: 'a byte behind it', inner: followedBy('00') },
  ])('$name', ({ inner }) => {
    // Of the five usual extensions and these two, the sixth.
    const wrong = forge(der, [0, 7, 0, 5, 1, 0], inner);
    expect(faultOf(() => raTlsQuote(wrong)).at).toMatch(
      /^certificate\.extensions\.1\.3\.6\.1\.4\.1\.62397\.1\.1/,
    );
  });
});
