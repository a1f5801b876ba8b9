import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { readNvidiaEvidence } from '../../../src/evidence/nvidia/evidence-json.ts';
import { verifyNvidiaNode } from '../../../src/evidence/nvidia/node.ts';
import { NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import { ocspOf } from '../../../src/simulator/nvidia/issue.ts';
import { createNvidiaNode } from '../../../src/simulator/nvidia/node.ts';
import { forge, tlv } from '../../support/forge.ts';
import { leastCost } from '../cost.ts';
import { growthOf, MOST_GROWTH, TIMES } from '../growth.ts';
import type { Evidence } from './evidence.ts';
import { dersOf } from './pieces.ts';
import { verifierOf } from './subject.ts';
import { createWorld } from './world.ts';

const world = createWorld();
const [honest] = world.honest;
if (honest === undefined) throw new RangeError('nobody is honest');
const [leaf = new Uint8Array(), ...cas] = dersOf(honest.chain, 'CERTIFICATE') ?? [];
const [rim = new Uint8Array()] = honest.rims;
const xml = Buffer.from(rim).toString();
const [response = new Uint8Array()] = honest.ocsp;

type Change = (n: number) => Partial<Evidence>;

const leafWith = (path: readonly number[], content: (n: number) => Uint8Array): Change => {
  return (n) => ({
    chain: utf8(
      [forge(leaf, path, () => content(n)), ...cas]
        .map((der) => toPem(der, 'CERTIFICATE'))
        .join(''),
    ),
  });
};
const manifest =
  (write: (n: number) => string): Change =>
  (n) => ({ rims: [utf8(write(n))] });
const within = (inserted: string) => xml.replace('<ns0:Payload', `${inserted}<ns0:Payload`);
const times = <T>(n: number, make: (i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => make(i));

/** Opaque data of this many bytes, whose length is right. */
function withOpaque(opaque: Uint8Array): Partial<Evidence> {
  const { report } = honest as Evidence;
  const at = 45 + 64 * 55 + 32;
  const length = Uint8Array.of(opaque.length & 255, opaque.length >> 8);
  return { report: concatBytes(report.subarray(0, at), length, opaque, new Uint8Array(96)) };
}

/** What may be long, with a number of pieces for which reading takes a while already. */
const LONG_INPUTS: Readonly<Record<string, { n: number; change: Change }>> = {
  'a long report': { n: 10_000, change: (n) => ({ report: new Uint8Array(n).fill(0x11) }) },
  'many opaque fields': {
    n: 15,
    change: (n) =>
      withOpaque(concatBytes(...times(n, (i) => Uint8Array.of(i & 255, 4 + (i >> 8), 0, 0)))),
  },
  'a long opaque field': {
    n: 8_000,
    change: (n) =>
      withOpaque(concatBytes(Uint8Array.of(3, 0, n & 255, n >> 8), new Uint8Array(n).fill(48))),
  },
  'begin lines': {
    n: 1_000,
    change: (n) => ({ chain: utf8('-----BEGIN CERTIFICATE-----'.repeat(n)) }),
  },
  'white space in PEM': { n: 25_000, change: (n) => ({ chain: utf8('\n'.repeat(n)) }) },
  'a long name': {
    n: 4_000,
    change: leafWith([0, 5], (n) =>
      tlv(
        0x30,
        ...times(n, () =>
          tlv(0x31, tlv(0x30, tlv(6, Uint8Array.of(85, 4, 3)), tlv(12, utf8('GH')))),
        ),
      ),
    ),
  },
  'many names of the device': {
    n: 3_000,
    change: leafWith([0, 7, 0], (n) =>
      tlv(
        0x30,
        tlv(
          0x30,
          tlv(6, Uint8Array.of(0x55, 0x1d, 0x11)),
          tlv(4, tlv(0x30, ...times(n, () => tlv(0x82, utf8('gpu'))))),
        ),
      ),
    ),
  },
  'a long serial number': {
    n: 2_500,
    change: leafWith([0, 1], (n) => tlv(2, new Uint8Array(n).fill(1))),
  },
  'many manifests': { n: 6, change: (n) => ({ rims: times(n, () => rim) }) },
  'many elements': { n: 500, change: manifest((n) => within('<x/>'.repeat(n))) },
  // Eight times as many are as many as one element may have.
  'many attributes': {
    n: 30,
    change: manifest((n) => within(`<x ${times(n, (i) => `a${i}=""`).join(' ')}/>`)),
  },
  'many namespaces': {
    n: 30,
    change: manifest((n) => within(`<x ${times(n, (i) => `xmlns:a${i}="urn:u"`).join(' ')}/>`)),
  },
  'a long attribute': {
    n: 50_000,
    change: manifest((n) => within(`<x a="${'&#65;'.repeat(n / 5)}"/>`)),
  },
  'a long text': { n: 100_000, change: manifest((n) => within('&lt;'.repeat(n / 4))) },
  'many rows': {
    n: 60,
    change: manifest((n) =>
      xml.replace(/<ns0:Resource [^>]*>(?:<\/ns0:Resource>)?/, (row) => row.repeat(n)),
    ),
  },
  // Each another one: copies are dropped.
  'many responses': {
    n: 20,
    change: (n) => ({ ocsp: times(n, (i) => response.with(-1, (response.at(-1) ?? 0) ^ i)) }),
  },
  'many answers in a response': {
    n: 30,
    change: (n) => ({
      ocsp: [
        forge(response, [1, 0, 1, 0, 0, 2], (all) => {
          const only = all.subarray((all[1] ?? 0) < 0x80 ? 2 : (all[1] ?? 0) - 0x7e);
          return tlv(0x30, ...times(n, () => only));
        }),
      ],
    }),
  },
};

describe(`${TIMES} times as long costs about ${TIMES} times as much: NVIDIA`, () => {
  it.each(Object.entries(LONG_INPUTS))('%s', (_name, { n, change }) => {
    const input = (size: number) => {
      const evidence: Evidence = { ...honest, ...change(size) };
      return () => {
        const verify = verifierOf(world);
        return () => JSON.stringify(verify(evidence));
      };
    };
    expect(growthOf(input, n)).toBeLessThan(MOST_GROWTH);
  });

  it.each<[string, number, (n: number) => string]>([
    ['devices', 7, (n) => JSON.stringify(times(n, () => ({ evidence: 'aa'.repeat(5_000) })))],
    ['a long report in hex', 50_000, (n) => JSON.stringify([{ evidence: 'aa'.repeat(n) }])],
    [
      'a long report in base64',
      50_000,
      (n) => JSON.stringify([{ evidence: 'zzzz'.repeat(n / 2) }]),
    ],
    [
      'members that nobody reads',
      5_000,
      (n) => `[{${times(n, (i) => `"m${i}":0`).join()},"evidence":""}]`,
    ],
  ])('evidence JSON: %s', (_name, n, write) => {
    const input = (size: number) => {
      const bytes = utf8(write(size));
      return () => () => readNvidiaEvidence(bytes);
    };
    expect(growthOf(input, n)).toBeLessThan(MOST_GROWTH);
  });
});

describe('a machine of many devices', () => {
  const { devices, rims, roots, at, plan } = createNvidiaNode({ mode: 'mpt', gpus: 8 });
  const anchors = {
    device: [anchorFromCertificate(roots.device, 'root')],
    rim: [anchorFromCertificate(roots.rim, 'root')],
  };
  const verifier = new NvidiaVerifier(anchors);
  const junk = utf8(within('<x/>'.repeat(20_000)));
  const cost = (count: number, manifests: readonly Uint8Array[]) => {
    const given = { devices: devices().slice(0, count), rims: [...rims, ...manifests], at };
    return leastCost(6, () => () => verifyNvidiaNode(given, verifier));
  };
  const [gpu] = plan.devices;
  if (gpu === undefined) throw new RangeError('a machine without devices');
  const { response: ofCa } = ocspOf(gpu, 'identity');

  it('reads what strangers call a manifest once, not once for each device', () => {
    const of = (count: number) => cost(count, [junk]) - cost(count, []);
    let ratio = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 6 && ratio > 3; round++) ratio = of(8) / of(1);
    expect(ratio).toBeLessThan(3);
  });

  it('verifies a response about a CA that they share once', () => {
    const ocsp = times(40, (i) => ({ response: ofCa, nonce: Uint8Array.of(i) }));
    const of = (count: number, some: typeof ocsp) => {
      const given = { devices: devices().slice(0, count), rims, ocsp: some, at };
      return leastCost(4, () => {
        const fresh = new NvidiaVerifier(anchors);
        return () => verifyNvidiaNode(given, fresh);
      });
    };
    const added = (count: number) => of(count, ocsp) - of(count, []);
    let ratio = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 6 && ratio > 3; round++) ratio = added(8) / added(1);
    expect(ratio).toBeLessThan(3);
  });
});
