import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { parseXml } from '../../../../src/core/encoding/xml.ts';
import { anchorFromCertificate } from '../../../../src/core/x509/anchors.ts';
import { NVIDIA_RIM_ROOT } from '../../../../src/core/x509/nvidia-roots.ts';
import { parseRimManifest } from '../../../../src/evidence/nvidia/rim/manifest.ts';
import { readRim, rimTitle } from '../../../../src/evidence/nvidia/rim/read-rim.ts';
import {
  parseRimSignature,
  rimSignatureProblem,
} from '../../../../src/evidence/nvidia/rim/signature.ts';
import { createNvidiaPlatform } from '../../../../src/simulator/nvidia/platform.ts';
import { fuzz, orRefused } from '../../../support/fuzz.ts';
import { NVIDIA_VECTORS, vector } from '../../../support/nvidia-vectors.ts';
import { damagedXml, writtenOtherwise } from '../../../support/rim-damage.ts';

const { rims, roots } = createNvidiaPlatform();
const genuine = ['real/h100-550/rims/vbios.xml', 'real/ls10-switch/rims/bios.xml'];
const good = [
  ...rims,
  ...(NVIDIA_VECTORS === undefined ? [] : genuine.map((file) => vector(file))),
];
const anchors = [NVIDIA_RIM_ROOT, anchorFromCertificate(roots.rim, 'root')];

function opened(xml: Uint8Array) {
  const root = parseXml(xml, 'rim');
  return { root, manifest: parseRimManifest(root), signature: parseRimSignature(root) };
}

/** The canonical bytes that a key put its name to. */
function signedBytes({ signature }: ReturnType<typeof opened>): string {
  return `${toHex(signature.document)} ${toHex(signature.signedInfo)}`;
}

/** As text, which is compared a hundred times as quickly as arrays of bytes are. */
function textOf(read: unknown): string {
  return JSON.stringify(read, (_, value) => (value instanceof Uint8Array ? toHex(value) : value));
}

const known = good.map((xml) => {
  const made = opened(xml);
  const [signer] = readRim(xml, anchors).certificates;
  if (signer === undefined) throw new Error('want a signer');
  return { ...made, signed: signedBytes(made), key: signer.publicKey };
});

/** Whose of the good ones it is, by key and signature; chains are looked at by `readRim` only. */
function signedAlike(found: ReturnType<typeof opened>) {
  return known.find(({ key }) => rimSignatureProblem(found.signature, key) === undefined);
}

/** The other implementation, at half a second for each, would have time for a few dozen. */
const PORTABLE = process.env['VITEST_POSTERN_CRYPTO'] === 'portable';

describe.skipIf(PORTABLE)('fuzzing of manifests:', () => {
  const outcomes = { refused: 0, unsigned: 0, signed: 0 };
  let turn = 0;

  fuzz('what is damaged says what was signed, or nobody signed it', damagedXml(...good), (xml) => {
    const found = orRefused(() => opened(xml));
    if (found === undefined) {
      outcomes.refused++;
      expect(readRim(xml, anchors)).toMatchObject({ manifest: undefined, anchor: undefined });
      rimTitle(xml);
      return;
    }
    const signed = signedAlike(found);
    outcomes[signed === undefined ? 'unsigned' : 'signed']++;
    if (signed !== undefined) expect(signedBytes(found)).toBe(signed.signed);
    // The whole of it costs four signatures.
    else if (++turn % 16 !== 0) return;
    const { manifest } = readRim(xml, anchors);
    if (manifest !== undefined) expect(textOf(manifest)).toBe(textOf(signed?.manifest));
  });

  it('tried something of each kind', () => {
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(0);
  });

  const otherwise = fc
    .constantFrom(...known)
    .chain((one) => writtenOtherwise(one.root).map((xml) => ({ one, xml })));

  fuzz('written in another way, it is the same manifest', otherwise, ({ one, xml }) => {
    const found = opened(xml);
    expect(signedBytes(found)).toBe(one.signed);
    expect(textOf(found.manifest)).toBe(textOf(one.manifest));
    expect(textOf(found.signature)).toBe(textOf(one.signature));
  });
});
