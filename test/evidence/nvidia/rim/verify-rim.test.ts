import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { NVIDIA_RIM_ROOT } from '../../../../src/core/x509/nvidia-roots.ts';
import { RIM_CHECKS } from '../../../../src/evidence/nvidia/checks.ts';
import { verifyRim } from '../../../../src/evidence/nvidia/rim/verify-rim.ts';
import { NVIDIA_VECTORS, vector } from '../../../support/nvidia-vectors.ts';
import {
  ANCHORS,
  AT,
  exchange,
  PARTIES,
  type RimParties,
  rim,
  rimChain,
} from '../../../support/rim.ts';
import { asView } from '../../../support/view.ts';

const GOOD = rim();

function verify(xml: Uint8Array, at = AT) {
  return verifyRim(xml, { anchors: ANCHORS, at });
}

/** Ids of what was not answered with a pass, by outcome. */
function open(xml: Uint8Array, at = AT) {
  const { verdict, authentic, checks } = verify(xml, at);
  const ids = (outcome: string) =>
    checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
  return { verdict, authentic, failed: ids('fail'), unresolved: ids('unresolved') };
}

describe('verifyRim', () => {
  it('accepts a manifest that is right, and asks all that there is to ask', () => {
    const { verdict, authentic, anchors, at, checks } = verify(GOOD);
    expect({ verdict, authentic, anchors, at }).toEqual({
      verdict: 'accept',
      authentic: true,
      anchors: 'custom',
      at: '2026-01-01T00:00:00Z',
    });
    expect(checks.map(({ id, outcome }) => [id, outcome])).toEqual(
      Object.keys(RIM_CHECKS).map((id) => [id, 'pass']),
    );
  });

  it('claims what the manifest says, and who signed it until when', () => {
    const { claims } = verify(GOOD);
    expect(claims).toMatchObject({
      name: 'GH100',
      tagId: '63f9',
      version: '1.0',
      product: 'GH100',
      edition: 'GPU',
      colloquialVersion: '550.90.07',
      revision: 'r1',
      manufacturerId: '5703',
      activeIndices: [7, 21],
      signer: 'CN=HCC RIM L4 Signer, O=Test, C=DE',
      signerNotBefore: '2020-01-01T00:00:00Z',
      signerNotAfter: '2049-12-31T23:59:59Z',
    });
    expect(claims['measurements']).toEqual([
      { index: 0, active: false, name: 'Measurement_0', values: ['00'.repeat(48)] },
      { index: 7, active: true, name: 'Measurement_7', values: ['77'.repeat(48)] },
      {
        index: 21,
        active: true,
        name: 'Measurement_21',
        values: ['aa'.repeat(48), 'bb'.repeat(48)],
      },
    ]);
    expect(claims['certificates']).toHaveLength(4);
    expect(JSON.parse(JSON.stringify(claims))).toEqual(claims);
  });

  it('leaves out what the manifest does not say', () => {
    const bare = exchange(' revision="r1" ns1:FirmwareManufacturerId="5703"', '');
    const { verdict, claims } = verify(rim({ document: bare }));
    expect(verdict).toBe('accept');
    expect(claims).not.toHaveProperty('revision');
    expect(claims).not.toHaveProperty('manufacturerId');
  });

  it('gives the same result of a view, which does not change with it', () => {
    const view = asView(GOOD);
    const result = verify(view);
    view.fill(0);
    expect(result).toEqual(verify(GOOD));
  });

  it('claims nothing of what nobody signed', () => {
    const changed = rim({ file: exchange('active="True"', 'active="False"') });
    expect(verify(changed)).toMatchObject({ verdict: 'reject', authentic: false, claims: {} });
  });

  it('says at which place something is otherwise', () => {
    const { checks } = verify(rim({ signedInfo: exchange('URI=""', 'URI="#x"') }));
    expect(checks.filter(({ outcome }) => outcome === 'fail')).toEqual([
      {
        id: 'nvidia.rim.format',
        path: 'rim.Signature.SignedInfo.Reference',
        outcome: 'fail',
        want: 'well-formed input',
        got: 'want URI="" and nothing else: the whole document',
      },
    ]);
  });

  it.each([
    ['no bytes', new Uint8Array()],
    ['something else', utf8('{"rim":""}')],
    ['more than any manifest has', new Uint8Array(2 * 1024 * 1024).fill(0x20)],
  ])('refuses %s', (_, xml) => {
    expect(open(xml)).toEqual({
      verdict: 'reject',
      authentic: false,
      failed: ['nvidia.rim.format'],
      unresolved: [],
    });
  });

  it('answers nothing about what it could not read, its dates least of all', () => {
    const { checks } = verify(new Uint8Array());
    expect(checks.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['nvidia.rim.clock', 'pass'],
      ['nvidia.rim.format', 'fail'],
    ]);
  });

  it('knows the vendor’s root from somebody’s', () => {
    const { verdict, anchors } = verifyRim(GOOD, { anchors: [NVIDIA_RIM_ROOT], at: AT });
    expect({ verdict, anchors }).toEqual({ verdict: 'reject', anchors: 'vendor' });
  });

  it('accepts nothing without anchors', () => {
    const { verdict, authentic } = verifyRim(GOOD, { anchors: [], at: AT });
    expect({ verdict, authentic }).toEqual({ verdict: 'reject', authentic: false });
  });
});

const FROM = new Date('2025-06-01T00:00:00Z');
const UNTIL = new Date('2025-07-01T00:00:00Z');
const VALIDITY = { failed: [], unresolved: ['nvidia.rim.validity'] };

/** A manifest is an endorsement: out of date it leaves the question open, and accuses nobody. */
describe.each(Object.keys(PARTIES) as (keyof RimParties)[])('the validity of: %s', async (who) => {
  const chain = await rimChain({ [who]: { notBefore: FROM, notAfter: UNTIL } });
  const anchored = rim({ chain });

  it.each([
    ['its first second', FROM.getTime()],
    ['its last second', UNTIL.getTime()],
  ])('%s is in it', (_, at) => {
    expect(open(anchored, at)).toMatchObject({ verdict: 'accept', failed: [], unresolved: [] });
  });

  it.each([
    ['a second before', FROM.getTime() - 1000],
    ['a second after', UNTIL.getTime() + 1000],
  ])('%s leaves it open', (_, at) => {
    expect(open(anchored, at)).toMatchObject({ verdict: 'indeterminate', ...VALIDITY });
  });
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'no instant (%d) accepts nothing',
  (at) => {
    expect(open(GOOD, at)).toMatchObject({
      verdict: 'reject',
      failed: ['nvidia.rim.clock'],
      unresolved: ['nvidia.rim.validity'],
    });
  },
);

describe.skipIf(NVIDIA_VECTORS === undefined)('genuine manifests, within their windows', () => {
  it.each([
    ['real/h100-550/rims/driver.xml', '2024-06-01T02:08:29Z', '550.90.07'],
    ['real/h100-550/rims/vbios.xml', '2026-02-22T23:17:58Z', '96.00.9F.00.01'],
    ['real/ls10-switch/rims/bios.xml', '2026-05-20T22:02:51Z', '96.10.55.00.01'],
    ['rims/driver-gh100-550-144-03/rim.xml', '2025-08-21T12:00:00Z', '550.144.03'],
  ])('%s at %s', (file, at, version) => {
    const result = verifyRim(vector(file), { anchors: [NVIDIA_RIM_ROOT], at: Date.parse(at) });
    expect(result).toMatchObject({
      verdict: 'accept',
      authentic: true,
      anchors: 'vendor',
      at,
      claims: { colloquialVersion: version },
    });
  });

  it.each([
    ['real/h100-550/rims/driver.xml', '2024-06-01T02:08:28Z'],
    ['real/h100-550/rims/vbios.xml', '2026-02-22T23:17:59Z'],
    ['real/ls10-switch/rims/bios.xml', '2026-05-20T22:02:50Z'],
  ])('%s at %s, a second beyond', (file, at) => {
    const result = verifyRim(vector(file), { anchors: [NVIDIA_RIM_ROOT], at: Date.parse(at) });
    expect(result.verdict).toBe('indeterminate');
    expect(result.checks.filter(({ outcome }) => outcome !== 'pass')).toMatchObject([
      { id: 'nvidia.rim.validity', outcome: 'unresolved' },
    ]);
  });
});
