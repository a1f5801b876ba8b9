import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { parseXml } from '../../../../src/core/encoding/xml.ts';
import { anchorFromCertificate } from '../../../../src/core/x509/anchors.ts';
import { NVIDIA_RIM_ROOT } from '../../../../src/core/x509/nvidia-roots.ts';
import { parseRimManifest } from '../../../../src/evidence/nvidia/rim/manifest.ts';
import { readRim, rimTitle } from '../../../../src/evidence/nvidia/rim/read-rim.ts';
import { NVIDIA_VECTORS, vector } from '../../../support/nvidia-vectors.ts';
import { certify, party } from '../../../support/pki.ts';
import {
  ANCHORS,
  CHAIN,
  exchange,
  PARTIES,
  rim,
  rimChain,
  rimText,
  SWID,
} from '../../../support/rim.ts';
import { asView } from '../../../support/view.ts';

const GOOD = rim();
const PASS = { format: 'pass', signature: 'pass', chain: 'pass', root: 'pass' };

describe('readRim', () => {
  it('answers every question about a manifest that is right', () => {
    const reading = readRim(GOOD, ANCHORS);
    expect(reading).toMatchObject(PASS);
    expect(reading.anchor).toBe(ANCHORS[0]);
    expect(reading.certificates.map(({ der }) => der)).toEqual(CHAIN);
    expect(reading.manifest).toEqual(parseRimManifest(parseXml(GOOD, 'rim')));
  });

  it('reads a view into a larger buffer as the same, and keeps nothing of it', () => {
    const view = asView(GOOD);
    const reading = readRim(view, ANCHORS);
    view.fill(0x20);
    expect(reading).toEqual(readRim(GOOD, ANCHORS));
  });

  it('does not write into what it reads', () => {
    const bytes = new Uint8Array(GOOD);
    readRim(bytes, ANCHORS);
    expect(bytes).toEqual(GOOD);
  });

  it('believes nobody where there are no anchors', () => {
    const reading = readRim(GOOD, []);
    expect(reading).toMatchObject({
      ...PASS,
      root: { mismatch: { want: 'a root with the key of a trust anchor' } },
    });
    expect(reading).toMatchObject({ manifest: undefined, anchor: undefined });
  });

  it('does not believe NVIDIA’s roots about what others signed', () => {
    expect(readRim(GOOD, [NVIDIA_RIM_ROOT])).toMatchObject({
      ...PASS,
      root: { path: 'rim.Signature' },
      manifest: undefined,
    });
  });

  it('pins the root’s key and not its certificate', async () => {
    const { root } = PARTIES;
    const again = await certify(root, root, { kind: 'ca', serial: '9999' });
    const reading = readRim(GOOD, [anchorFromCertificate(again, 'root')]);
    expect(reading).toMatchObject(PASS);
    expect(reading.manifest).toBeDefined();
  });

  it('says nothing of what it could not read', () => {
    expect(readRim(utf8('<x/>'), ANCHORS)).toEqual({
      format: {
        mismatch: { want: 'well-formed input', got: `want SoftwareIdentity of ${SWID}, got x` },
        path: 'rim',
      },
      signature: undefined,
      chain: undefined,
      root: undefined,
      manifest: undefined,
      certificates: [],
      anchor: undefined,
      until: Number.POSITIVE_INFINITY,
      xml: undefined,
    });
  });

  /** With what has no meaning in it, as long as wanted. */
  function padded(size: number, by: string): Uint8Array {
    const empty = rim({ document: exchange('</ns0:Payload>', '</ns0:Payload><x></x>') }).length;
    const filling = by.repeat(Math.floor((size - empty) / by.length)).padEnd(size - empty);
    return rim({ document: exchange('</ns0:Payload>', `</ns0:Payload><x>${filling}</x>`) });
  }

  it('reads 128 KiB, five times a genuine one, and not a byte more', () => {
    const largest = padded(128 * 1024, ' ');
    const larger = padded(128 * 1024 + 1, ' ');
    expect([largest.length, larger.length]).toEqual([131_072, 131_073]);
    expect(readRim(largest, ANCHORS)).toMatchObject(PASS);
    expect(rimTitle(largest)).toMatchObject({ product: 'GH100' });
    expect(readRim(larger, ANCHORS)).toMatchObject({
      format: { mismatch: { got: '131073 bytes of a manifest' }, path: 'rim' },
    });
    expect(rimTitle(larger)).toBeUndefined();
  });

  it('has an answer to what is longer in its canonical form than anything that it reads', () => {
    const xml = padded(64 * 1024, '>');
    expect(readRim(xml, ANCHORS)).toMatchObject({
      format: {
        mismatch: { got: expect.stringMatching(/^2\d{5} bytes of a manifest$/) },
        path: 'rim',
      },
    });
  });
});

/** Each question by itself: the others are answered well. */
describe('readRim keeps the questions apart:', async () => {
  const stranger = await party('HCC RIM L4 Signer', 'P-384');
  const others = {
    root: await party('CoRIM signing Root CA', 'P-384'),
    ca: await party('Reference Value GH100 CA', 'P-384'),
    l3: await party('Reference Value L3 GH100 001', 'P-384'),
    signer: PARTIES.signer,
  };
  const selfMade = await certify(stranger, { ...PARTIES.l3, keys: stranger.keys });

  it.each([
    ['signature: a value changed', { file: exchange('Hash0="7', 'Hash0="8') }],
    ['signature: a key of somebody else’s', { signer: stranger }],
    [
      'chain: a signer that somebody made in the CA’s name',
      { signer: stranger, chain: CHAIN.with(0, selfMade) },
    ],
    ['root: all the names under another root', { chain: await rimChain({}, others) }],
  ])('%s', (name, wishes) => {
    const reading = readRim(rim(wishes), ANCHORS);
    const failed = Object.keys(PASS).filter(
      (question) => reading[question as keyof typeof PASS] !== 'pass',
    );
    expect(failed).toEqual([name.split(':')[0]]);
    expect(reading.manifest).toBeUndefined();
    expect(reading.anchor).toBeUndefined();
    expect(reading.certificates).toHaveLength(4);
  });
});

describe('what the manifest says', () => {
  /** Text that canonicalisation makes the same: what is read is what was hashed. */
  it.each([
    [
      'attributes in another order and other quotes',
      exchange(/ edition="GPU" product="GH100"/, ` product='GH100'\n\tedition = 'GPU'`),
    ],
    ['references for characters', exchange('product="GH100"', 'product="&#x47;H&#49;00"')],
    ['an empty element in one tag', exchange('></ns0:Meta>', '/>')],
    ['line ends of another system', (text: string) => text.replaceAll('\n', '\r\n')],
    ['an XML declaration', (text: string) => `<?xml version="1.0" encoding="UTF-8"?>\n${text}\n`],
    [
      'a declaration that is repeated',
      exchange('<ns0:Payload', `<ns0:Payload xmlns:ns0="${SWID}"`),
    ],
    [
      'the signature in front',
      (text: string) => {
        const [signature = ''] = /<ds:Signature.*<\/ds:Signature>/s.exec(text) ?? [];
        return text.replace(signature, '').replace(/(?<=^<[^>]*>)/, () => signature);
      },
    ],
  ])('is the same: %s', (_, file) => {
    const xml = rim({ file });
    expect(xml).not.toEqual(GOOD);
    const reading = readRim(xml, ANCHORS);
    expect(reading).toMatchObject(PASS);
    expect(reading.manifest).toEqual(readRim(GOOD, ANCHORS).manifest);
  });

  it('is what it says of itself, signed or not, only in rimTitle', () => {
    const changed = rim({ file: exchange('product="GH100"', 'product="GB100"') });
    expect(rimTitle(changed)).toMatchObject({
      product: 'GB100',
      edition: 'GPU',
      colloquialVersion: '550.90.07',
    });
    expect(readRim(changed, ANCHORS).manifest).toBeUndefined();
    expect(rimTitle(utf8('<x/>'))).toBeUndefined();
    expect(rimTitle(utf8(rimText().slice(0, -1)))).toBeUndefined();
  });
});

describe.skipIf(NVIDIA_VECTORS === undefined)('genuine manifests', () => {
  it.each([
    ['real/h100-550/rims/driver.xml', '550.90.07', 21],
    ['real/h100-550/rims/vbios.xml', '96.00.9F.00.01', 12],
    ['real/ls10-switch/rims/bios.xml', '96.10.55.00.01', 31],
    ['rims/driver-gh100-550-144-03/rim.xml', '550.144.03', 21],
  ])('%s', (file, version, active) => {
    const reading = readRim(vector(file), [NVIDIA_RIM_ROOT]);
    expect(reading).toMatchObject({ ...PASS, anchor: NVIDIA_RIM_ROOT });
    expect(reading.manifest).toMatchObject({ colloquialVersion: version, manufacturerId: '5703' });
    const { measurements = [] } = reading.manifest ?? {};
    expect(measurements.map(({ index }) => index)).toEqual(Array.from({ length: 64 }, (_, i) => i));
    expect(measurements.filter((row) => row.active)).toHaveLength(active);
    expect(measurements.flatMap(({ values }) => values).every((value) => value.length === 48)).toBe(
      true,
    );
  });

  it('signed rightly under a root for debugging: not the chain, and not NVIDIA’s root', () => {
    expect(readRim(vector('rims/debug-chain/rim.xml'), [NVIDIA_RIM_ROOT])).toMatchObject({
      format: 'pass',
      signature: 'pass',
      root: { mismatch: { got: expect.stringContaining('Debug') } },
      manifest: undefined,
    });
  });
});
