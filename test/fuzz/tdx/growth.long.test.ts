import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { elementAt, forge, tlv } from '../../support/forge.ts';
import { growthOf, MOST_GROWTH, TIMES } from '../growth.ts';
import type { Evidence } from './evidence.ts';
import { putTogether, takeApart } from './mutators/tcg2-entries.ts';
import { assemble, partsOf } from './quote-layout.ts';
import { verifierOf } from './subject.ts';
import { createWorld } from './world.ts';

const world = await createWorld();
const [platform] = world.honest;
if (platform === undefined) throw new RangeError('an empty world');
const { collateral, ccelLog, dstackLog, quotes } = platform;
const [quote = new Uint8Array()] = quotes;
const parts = partsOf(quote);
const log = takeApart(ccelLog);
if (parts === undefined || log === undefined) throw new RangeError('honest evidence is unreadable');
const leaf = world.certificates[0] ?? new Uint8Array();
const crl = fromHex(collateral.pck_crl, 'fuzz');

type Change = (n: number) => Partial<Evidence>;

const inQuote = (change: (n: number) => Partial<typeof parts>): Change => {
  return (n) => ({ quote: assemble({ ...parts, ...change(n) }) });
};
const chain = (text: (n: number) => string) => {
  return inQuote((n) => ({ certification: utf8(text(n)) }));
};
const member = (name: keyof typeof collateral, text: (n: number) => string): Change => {
  return (n) => ({ collateral: { ...collateral, [name]: text(n) } });
};
const info = (inserted: (n: number) => string) => {
  return member('tcb_info', (n) => collateral.tcb_info.replace('{', () => `{${inserted(n)},`));
};
const certificate = (path: readonly number[], content: (n: number) => Uint8Array) => {
  return chain((n) =>
    toPem(
      forge(leaf, path, () => content(n)),
      'CERTIFICATE',
    ),
  );
};
const pckCrl = (
  path: readonly number[],
  change: (element: Uint8Array, n: number) => Uint8Array,
) => {
  return member('pck_crl', (n) => toHex(forge(crl, path, (element) => change(element, n))));
};
const ccel = (change: (n: number) => Partial<typeof log>): Change => {
  return (n) => ({ log: { log: putTogether({ ...log, ...change(n) }) } });
};
const dstack = (text: (n: number) => string): Change => {
  return (n) => ({ log: { log: utf8(text(n)) } });
};
const items = (n: number, item: string) => Array.from({ length: n }, () => item).join();
const numbered = (n: number, item: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => item(i)).join();

/** What may be long, with a number of pieces for which reading takes a while already. */
const LONG_INPUTS: Readonly<Record<string, { n: number; change: Change }>> = {
  'zeros behind the quote': {
    n: 100_000,
    change: (n) => ({ quote: concatBytes(quote, new Uint8Array(n)) }),
  },
  'white space in PEM': { n: 50_000, change: chain((n) => '\n'.repeat(n)) },
  'begin lines': { n: 2_500, change: chain((n) => '-----BEGIN CERTIFICATE-----'.repeat(n)) },
  'one long block': {
    n: 50_000,
    change: chain((n) => `-----BEGIN CERTIFICATE-----${'A'.repeat(n)}-----END CERTIFICATE-----`),
  },
  'many blocks': { n: 200, change: chain((n) => toPem(leaf, 'CERTIFICATE').repeat(n)) },
  'a long serial number': {
    n: 25_000,
    change: certificate([0, 1], (n) => tlv(2, new Uint8Array(n).fill(1))),
  },
  'a long name': {
    n: 1_000,
    change: certificate([0, 3], (n) => {
      const attribute = elementAt(leaf, [0, 3, 1]);
      return tlv(0x30, ...Array.from({ length: n }, () => attribute));
    }),
  },
  'a long OID': {
    n: 25_000,
    change: certificate([0, 2], (n) => tlv(0x30, tlv(6, new Uint8Array(n).fill(0x29)))),
  },
  'deeply nested DER': { n: 300, change: certificate([0, 3], (n) => nested(n)) },
  'a long list of revocations': {
    n: 500,
    change: pckCrl([0, 5], (element, n) =>
      tlv(0x30, ...Array.from({ length: n }, () => elementAt(element, [0]))),
    ),
  },
  'a long hex text': { n: 50_000, change: member('root_ca_crl', (n) => 'ab'.repeat(n)) },
  'space around hex': {
    n: 50_000,
    change: member('root_ca_crl', (n) => `${' '.repeat(n)}ab${' '.repeat(n)}`),
  },
  'a long signature': {
    n: 100_000,
    change: member('qe_identity_signature', (n) => 'ab'.repeat(n)),
  },
  'a long string': { n: 100_000, change: info((n) => `"x":"${'a'.repeat(n)}"`) },
  'many escapes': { n: 15_000, change: info((n) => `"x":"${'\\u0061'.repeat(n)}"`) },
  'many numbers': { n: 15_000, change: info((n) => `"x":[${items(n, '1')}]`) },
  'many members': { n: 2_500, change: info((n) => numbered(n, (i) => `"m${i}":0`)) },
  'a long number': { n: 25_000, change: info((n) => `"x":${'9'.repeat(n)}`) },
  'long names around long lists': {
    n: 5_000,
    change: info((n) => `"${'n'.repeat(n)}":[${items(n, '{"a":[0]}')}]`),
  },
  'white space in JSON': { n: 50_000, change: info((n) => `${' '.repeat(n)}"x" : 0`) },
  'brackets never closed': { n: 50_000, change: info((n) => `"x":${'['.repeat(n)}`) },
  'many TCB levels': { n: 100, change: member('tcb_info', manyLevels) },
  'many log entries': {
    n: 500,
    change: ccel((n) => ({
      entries: Array.from({ length: n }, (_, i) => log.entries[i % 20] ?? []).flat(),
    })),
  },
  'long event data': {
    n: 100_000,
    change: ccel((n) => ({
      entries: log.entries.map((entry) => ({ ...entry, data: new Uint8Array(n / 20).fill(65) })),
    })),
  },
  'a long padding': {
    n: 100_000,
    change: ccel((n) => ({ padding: new Uint8Array(n).fill(0xff) })),
  },
  'entries like padding': {
    n: 1_000,
    change: ccel((n) => ({
      entries: Array.from({ length: n }, () => ({
        ...{ register: 0xffffffff, type: 0x00ffffff },
        ...{ digests: [{ algorithm: 12, digest: new Uint8Array(48).fill(0xff) }] },
        data: new Uint8Array(7).fill(0xff),
      })),
    })),
  },
  'many dstack events': {
    n: 500,
    change: dstack((n) => `[${items(n, dstackLog.slice(1, dstackLog.indexOf('},') + 1))}]`),
  },
  'a long event name': {
    n: 50_000,
    change: dstack((n) => dstackLog.replace('"app-id"', `"${'x'.repeat(n)}"`)),
  },
  'a long payload': {
    n: 50_000,
    change: dstack((n) =>
      dstackLog.replaceAll('"event_payload":""', `"event_payload":"${'00'.repeat(n)}"`),
    ),
  },
};

function nested(levels: number): Uint8Array {
  let out: Uint8Array = new Uint8Array();
  for (let i = 0; i < levels; i++) out = tlv(0x30, out);
  return out;
}

/** Levels that all differ, lowest first: the order in which sorting has most to do. */
function manyLevels(n: number): string {
  const document = JSON.parse(collateral.tcb_info) as { tcbLevels: { tcb: { pcesvn: number } }[] };
  const [level] = document.tcbLevels;
  document.tcbLevels = Array.from({ length: n }, (_, i) => ({
    ...level,
    tcb: { ...level?.tcb, pcesvn: i },
  }));
  return JSON.stringify(document);
}

describe(`${TIMES} times as long costs about ${TIMES} times as much`, () => {
  it.each(Object.entries(LONG_INPUTS))('%s', (_name, { n, change }) => {
    const input = (size: number) => {
      const evidence: Evidence = { quote, collateral, ...change(size) };
      return () => {
        const verify = verifierOf(world);
        return () => JSON.stringify(verify(evidence));
      };
    };
    expect(growthOf(input, n)).toBeLessThan(MOST_GROWTH);
  });
});
