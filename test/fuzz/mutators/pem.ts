import { fromPem, toPem } from '../../../src/core/encoding/pem.ts';
import type { Random } from '../random.ts';
import { damageDer } from './der.ts';

/** DER of further certificates, to be put in the place of honest ones. */
interface Donors {
  readonly certificates: readonly Uint8Array[];
}

/** A change of a PEM chain; `undefined` where the text is no honest chain any more. */
export type PemChange = (random: Random, pem: string, donors: Donors) => string | undefined;

const LABEL = 'CERTIFICATE';

function edit(
  change: (random: Random, ders: Uint8Array[], donors: Donors) => readonly Uint8Array[],
): PemChange {
  return (random, pem, donors) => {
    const ders = dersOf(pem);
    return (
      ders &&
      change(random, ders, donors)
        .map((der) => toPem(der, LABEL))
        .join('')
    );
  };
}

function dersOf(pem: string): Uint8Array[] | undefined {
  try {
    const ders = fromPem(pem.replace(/\0$/, ''), LABEL, 'fuzz');
    return ders.length > 0 ? ders : undefined;
  } catch {
    return undefined; // damaged before
  }
}

/** A change of one certificate of the chain. */
export function one(
  change: (random: Random, der: Uint8Array, donors: Donors) => Uint8Array,
): PemChange {
  return edit((random, ders, donors) => {
    const at = random.below(ders.length);
    return ders.map((der, i) => (i === at ? change(random, der, donors) : der));
  });
}

/** Replaces one match, wherever the dice fall. */
function spot(
  random: Random,
  text: string,
  pattern: RegExp,
  by: (found: string) => string,
): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const { 0: match, index } = random.pick(found);
  return text.slice(0, index) + by(match) + text.slice(index + match.length);
}

export const HARMLESS_PEM = {
  'chain in another order': edit((random, ders) => random.shuffled(ders)),
  'white space around base64': (random, pem) =>
    spot(random, pem, /\n/g, () => random.pick(['\r\n', '\n\n', ' \n', '\n\t'])),
  'carriage returns': (_random, pem) => pem.replaceAll('\n', '\r\n'),
  'no NUL at the end': (_random, pem) => pem.replace(/\0$/, ''),
  'base64 on one line': (_random, pem) =>
    pem.replaceAll(/(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])/g, ''),
} as const satisfies Record<string, PemChange>;

export const PEM_CHANGES = {
  'drop a certificate': edit((random, ders) => ders.toSpliced(random.below(ders.length), 1)),
  'repeat a certificate': edit((random, ders) => [...ders, random.pick(ders)]),
  'eight times the same': edit((random, ders) => {
    const der = random.pick(ders);
    return Array.from({ length: random.between(7, 9) }, () => der);
  }),
  'certificate of another chain': one((random, _der, donors) => random.pick(donors.certificates)),
  'one certificate more': edit((random, ders, donors) =>
    random.shuffled([...ders, random.pick(donors.certificates)]),
  ),
  'any certificates': edit((random, ders, donors) =>
    ders.map(() => random.pick(donors.certificates)),
  ),
  'damaged certificate': one(damageDer),
  'damaged certificate again': one(damageDer),
  'base64 character': (random, pem) =>
    spot(random, pem, /[A-Za-z0-9+/](?![A-Z ]*-)/g, () =>
      random.pick(['A', 'B', '/', '+', '=', '-', '_', '\u00e9', '\0', '{']),
    ),
  'last base64 character': (random, pem) =>
    spot(random, pem, /[A-Za-z0-9+/](?==*\n-----END)/g, () =>
      random.pick(['A', 'B', 'Z', 'h', '/']),
    ),
  'text between': (random, pem) =>
    spot(random, pem, /-----BEGIN/g, (found) =>
      random.pick(['x', '\ufeff', '\0', '\v', '# a comment\n', '-', '\u00a0']).concat(found),
    ),
  'another label': (random, pem) =>
    spot(random, pem, /(?:BEGIN|END) CERTIFICATE/g, (found) =>
      random.pick([found.toLowerCase(), `${found}S`, found.replace('CERT', 'X509 CERT'), 'BEGIN']),
    ),
  'no end line': (random, pem) => spot(random, pem, /-----END CERTIFICATE-----/g, () => ''),
  'begin within': (random, pem) =>
    spot(random, pem, /\n(?=[A-Za-z0-9])/g, (found) => `${found}-----BEGIN CERTIFICATE-----\n`),
  'empty block': (random, pem) =>
    spot(
      random,
      pem,
      /-----BEGIN CERTIFICATE-----/g,
      (found) => `${found}-----END CERTIFICATE-----${found}`,
    ),
  'more NULs': (random, pem) => pem + '\0'.repeat(random.between(1, 3)),
  'nothing at all': (random) => random.pick(['', ' ', '\0', '-----BEGIN CERTIFICATE-----']),
  'a long text': (random, pem) => {
    const part = random.pick([
      '-----BEGIN CERTIFICATE-----',
      '\n',
      'A',
      '-----',
      pem,
      '-----BEGIN ',
    ]);
    return pem + part.repeat(Math.ceil(random.below(60_000) / part.length));
  },
} as const satisfies Record<string, PemChange>;
