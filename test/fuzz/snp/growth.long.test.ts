import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { elementAt, forge, tlv } from '../../support/forge.ts';
import { growthOf, MOST_GROWTH, TIMES } from '../growth.ts';
import { Random } from '../random.ts';
import type { Evidence } from './evidence.ts';
import { honestHandedOver } from './honest.ts';
import { type Entry, GUID, tableOf, u32 } from './layout.ts';
import { dersOf, hexOf } from './pieces.ts';
import { verifierOf } from './subject.ts';
import { createWorld } from './world.ts';

const world = createWorld();
const honest = honestHandedOver(new Random(3, 0), world);
const [vek = new Uint8Array()] = dersOf(honest.vek ?? new Uint8Array(), 'CERTIFICATE') ?? [];
const [crl] = [...world.crls.values()].filter(({ revoked }) => revoked.length > 0);
const list = crl?.der ?? new Uint8Array();
const root = [...world.roots.values()].map(({ der }) => der);
const intermediates = [...world.intermediates.values()].map(({ der }) => der);

type Change = (n: number) => Partial<Evidence>;

const text =
  (write: (n: number) => string): Change =>
  (n) => ({ vek: utf8(write(n)) });
const certificate = (path: readonly number[], content: (n: number) => Uint8Array): Change => {
  return (n) => ({ vek: forge(vek, path, () => content(n)) });
};
const table = (entries: (n: number) => readonly Entry[], padding = 0): Change => {
  return (n) => ({ report: concatBytes(honest.report, tableOf(entries(n), { padding })) });
};
const times = <T>(n: number, make: (i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => make(i));
const guid = (i: number) => hexOf(u32(i + 1)).padEnd(32, '5');

/** What may be long, with a number of pieces for which reading takes a while already. */
const LONG_INPUTS: Readonly<Record<string, { n: number; change: Change }>> = {
  'zeros behind the report': {
    n: 100_000,
    change: (n) => ({ report: concatBytes(honest.report, new Uint8Array(n)) }),
  },
  'bytes behind the report': {
    n: 100_000,
    change: (n) => ({ report: concatBytes(honest.report, new Uint8Array(n).fill(7)) }),
  },
  'many entries': {
    n: 2_000,
    change: table((n) => times(n, (i) => ({ guid: guid(i), data: u32(1) }))),
  },
  'a long entry': {
    n: 50_000,
    change: table((n) => [{ guid: GUID.vcek, data: new Uint8Array(n).fill(48) }]),
  },
  'a long unknown entry': {
    n: 100_000,
    change: table((n) => [{ guid: guid(7), data: new Uint8Array(n).fill(48) }]),
  },
  'white space in PEM': { n: 25_000, change: text((n) => '\n'.repeat(n)) },
  'begin lines': { n: 1_000, change: text((n) => '-----BEGIN CERTIFICATE-----'.repeat(n)) },
  'one long block': {
    n: 25_000,
    change: text((n) => `-----BEGIN CERTIFICATE-----${'A'.repeat(n)}-----END CERTIFICATE-----`),
  },
  'many blocks': { n: 16, change: (n) => ({ chain: [utf8(toPem(vek, 'CERTIFICATE').repeat(n))] }) },
  'a long serial number': {
    n: 25_000,
    change: certificate([0, 1], (n) => tlv(2, new Uint8Array(n).fill(1))),
  },
  'a long name': {
    n: 1_000,
    change: certificate([0, 3], (n) => tlv(0x30, ...times(n, () => elementAt(vek, [0, 3, 1])))),
  },
  'a long OID': {
    n: 25_000,
    change: certificate([0, 2], (n) => tlv(0x30, tlv(6, new Uint8Array(n).fill(0x29)))),
  },
  'many extensions': {
    n: 500,
    change: certificate([0, 7, 0], (n) =>
      tlv(
        0x30,
        ...times(n, (i) =>
          tlv(0x30, tlv(6, Uint8Array.of(0x2b, 0x83 + (i >> 7), i & 127)), tlv(4)),
        ),
      ),
    ),
  },
  'a long list of revocations': {
    n: 500,
    change: (n) => ({
      crl: forge(list, [0, 5], (rows) => tlv(0x30, ...times(n, () => elementAt(rows, [0])))),
    }),
  },
  'many blobs': { n: 100, change: (n) => ({ chain: times(n, () => intermediates[0] ?? vek) }) },
  'many roots and intermediates': {
    n: 12,
    change: (n) => ({
      chain: [
        ...times(n, (i) => root[i % root.length]),
        ...times(n, (i) => intermediates[i % 3]),
      ].filter((one) => one !== undefined),
    }),
  },
};

describe(`${TIMES} times as long costs about ${TIMES} times as much: SNP`, () => {
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
});
