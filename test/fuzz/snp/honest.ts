import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import type { Random } from '../random.ts';
import { Covered, goTogether } from './covered.ts';
import type { Evidence } from './evidence.ts';
import { type Entry, fromHexText, GUID, tableOf } from './layout.ts';
import type { VekFacts } from './pieces.ts';
import type { GenuineReport, World } from './world.ts';

/** A report with the certificates above it; several ways to write each of them down. */
interface Match {
  readonly report: GenuineReport;
  readonly veks: readonly VekFacts[];
}

/** Of one world, made once. */
const MATCHES = new WeakMap<World, readonly Match[]>();

function matchesIn(world: World): readonly Match[] {
  const known = MATCHES.get(world) ?? matchAll(world);
  MATCHES.set(world, known);
  return known;
}

function matchAll({ reports, veks }: World): readonly Match[] {
  return [...reports.values()]
    .filter(({ acceptable }) => acceptable)
    .map((report) => ({
      report,
      veks: [...veks.values()].filter((vek) => goTogether(report, vek)),
    }))
    .filter((match) => match.veks.length > 0);
}

/** Any acceptable report with certificates for it, handed over or in a table, in DER or PEM. */
export function honestEvidence(random: Random, world: World): Evidence {
  const { pieces, vek } = honestPieces(random, world);
  return random.oneIn(2) ? inTable(random, pieces, vek) : handedOver(random, pieces);
}

/** The same, with no table behind the report. */
export function honestHandedOver(random: Random, world: World): Evidence {
  return handedOver(random, honestPieces(random, world).pieces);
}

function honestPieces(random: Random, world: World): { pieces: Pieces; vek: VekFacts } {
  const { report, veks } = random.pick(matchesIn(world));
  const vek = random.pick(veks);
  const covered = new Covered(world);
  const intermediate = random.pick(
    [...world.intermediates.values()].filter(({ der }) =>
      covered.chainHolds(vek, { chain: [der] }),
    ),
  );
  const root = [...world.roots.values()].filter(({ subject }) => subject === intermediate.issuer);
  const left = world.published.has(vek.issuer) && random.oneIn(2);
  const chain = [
    ...(left ? [] : [intermediate.der]),
    ...(random.oneIn(2) ? [random.pick(root).der] : []),
  ];
  const lists = [...world.crls.values()].filter(({ der }) =>
    covered.chainHolds(vek, { chain, crl: der }),
  );
  const crl = lists.length > 0 && random.oneIn(2) ? random.pick(lists).der : undefined;
  const reportData = fromHexText(report.reportData);
  const asked: Evidence['asked'] = {
    ...(random.oneIn(2) && { reportData }),
    ...(crl && random.oneIn(2) && { revocation: 'required' as const }),
  };
  const pieces = { report: report.bytes, vek: vek.der, chain, ...(crl && { crl }), asked };
  return { pieces, vek };
}

type Pieces = Evidence & { readonly vek: Uint8Array; readonly chain: readonly Uint8Array[] };

function handedOver(random: Random, { report, vek, chain, crl, asked }: Pieces): Evidence {
  const form = () => (random.oneIn(3) ? inPem : inDer);
  return {
    report,
    vek: form()(vek),
    chain:
      chain.length > 0 && random.oneIn(4)
        ? [utf8(chain.map((der) => toPem(der, 'CERTIFICATE')).join(''))]
        : chain.map((der) => form()(der)),
    ...(crl && { crl: form()(crl, 'X509 CRL') }),
    asked,
  };
}

function inTable(random: Random, pieces: Pieces, { kind }: VekFacts): Evidence {
  const { report, vek, chain, crl, asked } = handedOver(random, pieces) as Pieces;
  const [ask, ark] = chain;
  // A list in the table clears nobody, so that where one is required another must be given.
  const stapled = asked.revocation === undefined && random.oneIn(2);
  const entries: Entry[] = [
    { guid: kind === 'vlek' ? GUID.vlek : GUID.vcek, data: vek },
    ...(ask ? [{ guid: GUID.ask, data: ask }] : []),
    ...(ark ? [{ guid: GUID.ark, data: ark }] : []),
    ...(crl && stapled ? [{ guid: GUID.crl, data: crl }] : []),
  ];
  const padding = random.pick([0, 100, 4_096]);
  const given = crl && !stapled ? { crl } : {};
  return { report: concatBytes(report, tableOf(entries, { padding })), ...given, asked };
}

function inDer(der: Uint8Array): Uint8Array {
  return der;
}

function inPem(der: Uint8Array, label = 'CERTIFICATE'): Uint8Array {
  return utf8(toPem(der, label));
}
