import { utf8 } from '../../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { toPem } from '../../../../src/core/encoding/pem.ts';
import { forge } from '../../../support/forge.ts';
import { mutators } from '../../mutators/mutator.ts';
import { piecesOf } from '../covered.ts';
import type { Evidence } from '../evidence.ts';
import { type Entry, GUID, REPORT_SIZE, splitReport } from '../layout.ts';
import { dersOf, factsOf, lineIn } from '../pieces.ts';
import { prefixed, type SnpMutator } from './mutator.ts';
import { tableEntries, withEntries } from './slots.ts';

type Apply = SnpMutator['apply'];

const CERTIFICATE = 'CERTIFICATE';

/** A change of the chain that was handed over. */
function chain(change: (...args: Parameters<Apply>) => readonly Uint8Array[] | undefined): Apply {
  return (random, evidence, world) => {
    if (!evidence.chain?.length) return undefined;
    const changed = change(random, evidence, world);
    return changed && { ...evidence, chain: changed };
  };
}

function certificatesOf({ chain: blobs = [] }: Evidence): readonly Uint8Array[] {
  return blobs.flatMap((blob) => dersOf(blob, CERTIFICATE) ?? []);
}

function without<Name extends keyof Evidence>(
  evidence: Evidence,
  name: Name,
): Omit<Evidence, Name> {
  const { [name]: _gone, ...left } = evidence;
  return left;
}

/** The name under which a VEK certificate for this report stands in a table. */
function vekGuid(report: Uint8Array): string {
  return (((report[0x48] ?? 0) >> 2) & 7) === 1 ? GUID.vlek : GUID.vcek;
}

/** One of the pieces goes into the table instead, which comes to be where there was none. */
const intoTable: Apply = (random, evidence) => {
  const { vek, chain: blobs = [], crl } = evidence;
  const present = tableEntries(evidence.report);
  const free = (guid: string) => present.every((entry) => entry.guid !== guid);
  const moves: (readonly [keyof Evidence, Entry])[] = [];
  if (vek) moves.push(['vek', { guid: vekGuid(evidence.report), data: vek }]);
  if (blobs[0] && blobs.length === 1 && free(GUID.ark)) {
    moves.push(['chain', { guid: GUID.ask, data: blobs[0] }]);
  }
  if (crl && evidence.asked.revocation === undefined)
    moves.push(['crl', { guid: GUID.crl, data: crl }]);
  const open = moves.filter(([, { guid }]) => free(guid));
  if (open.length === 0 || evidence.report.length < REPORT_SIZE) return undefined;
  const [name, entry] = random.pick(open);
  const left = without(evidence, name as 'vek' | 'chain' | 'crl') as Evidence;
  return withEntries(left, [...present, entry]);
};

/** Nobody looks into the table for what was handed over, nor believes a list that is none. */
const unusedEntry: Apply = (random, evidence) => {
  const present = tableEntries(evidence.report);
  const { report, vek, chain: blobs = [] } = evidence;
  const unused = [
    GUID.platformInfo,
    vekGuid(report) === GUID.vcek ? GUID.vlek : GUID.vcek,
    ...(vek ? [vekGuid(report)] : []),
    ...(blobs.length > 0 ? [GUID.ask, GUID.ark] : []),
    GUID.crl,
  ].filter((guid) => present.every((entry) => entry.guid !== guid));
  if (unused.length === 0) return undefined;
  const data = random.bytes(random.between(1, 200));
  return withEntries(evidence, [...present, { guid: random.pick(unused), data }]);
};

const HARMLESS: Readonly<Record<string, Apply>> = {
  'a piece into the table': intoTable,
  'a piece that nobody looks at': unusedEntry,
  'an empty table': (random, evidence) =>
    evidence.report.length === REPORT_SIZE
      ? {
          ...evidence,
          report: concatBytes(evidence.report, new Uint8Array(random.between(24, 5_000))),
        }
      : undefined,
  'blobs in another order': chain((random, { chain: blobs = [] }) => random.shuffled(blobs)),
  'one text of all the chain': chain((_random, evidence) => [
    utf8(
      certificatesOf(evidence)
        .map((der) => toPem(der, CERTIFICATE))
        .join(''),
    ),
  ]),
  'each certificate by itself': chain((_random, evidence) => certificatesOf(evidence)),
  'a good root more': chain((random, evidence, { roots }) => [
    ...(evidence.chain ?? []),
    random.pick([...roots.values()]).der,
  ]),
  'an intermediate of another line more': chain((random, evidence, { intermediates }) => {
    const given = certificatesOf(evidence).map(factsOf);
    // Where none comes along, one that does is taken for an answer.
    if (given.every(({ selfIssued }) => selfIssued)) return undefined;
    const lines = given.map(({ issuer }) => lineIn(issuer));
    const others = [...intermediates.values()].filter(
      ({ subject }) => !lines.includes(lineIn(subject)),
    );
    return [...(evidence.chain ?? []), random.pick(others).der];
  }),
};

/** Everything of another machine or of a case that is wrong in one way; the questions stay, but for the report data. */
const anotherCase: Apply = (random, { asked }, { any }) => {
  const { report, vek, chain: blob, crl } = random.pick(any.cases);
  return {
    report,
    ...(vek && { vek }),
    ...(blob && { chain: [blob] }),
    ...(crl && { crl }),
    asked: asked.revocation ? { revocation: asked.revocation } : {},
  };
};

const CASES: Readonly<Record<string, Apply>> = {
  'another case': anotherCase,
  'another case again': anotherCase,
};

const CHANGES: Readonly<Record<string, Apply>> = {
  'without a VEK certificate': (_random, evidence) => without(evidence, 'vek'),
  'without a chain': (_random, evidence) => without(evidence, 'chain'),
  'without a list': (_random, evidence) => without(evidence, 'crl'),
  'without a table': (_random, evidence) => ({
    ...evidence,
    report: splitReport(evidence.report).head,
  }),
  'a blob dropped': chain((random, { chain: blobs = [] }) =>
    blobs.toSpliced(random.below(blobs.length), 1),
  ),
  'a blob twice': chain((random, { chain: blobs = [] }) => [...blobs, random.pick(blobs)]),
  'a chain of another case before': chain((random, { chain: blobs = [] }, { any }) => [
    random.pick(any.chains),
    ...blobs,
  ]),
  'a chain of another case behind': chain((random, { chain: blobs = [] }, { any }) => [
    ...blobs,
    random.pick(any.chains),
  ]),
  'a certificate more': chain((random, { chain: blobs = [] }, { certificates }) =>
    random.shuffled([...blobs, random.pick(certificates)]),
  ),
  'a root more': chain((random, { chain: blobs = [] }, { roots, poorRoots }) =>
    random.shuffled([
      ...blobs,
      Uint8Array.from(Buffer.from(random.pick([...roots.keys(), ...poorRoots]), 'hex')),
    ]),
  ),
  'a root of somebody else': chain((random, { chain: blobs = [] }, { strangeRoots }) =>
    random.shuffled([...blobs, random.pick(strangeRoots)]),
  ),
  'many certificates': chain((random, { chain: blobs = [] }, { certificates }) => [
    ...blobs,
    ...Array.from({ length: random.pick([7, 8, 9, 16]) }, () => random.pick(certificates)),
  ]),
  'a list of another case': (random, evidence, { any }) => ({
    ...evidence,
    crl: random.pick(any.crls),
  }),
  'a VEK of another case': (random, evidence, { any }) => ({
    ...evidence,
    vek: random.pick(any.veks),
  }),
  'a chain of another case': (random, evidence, { any }) => ({
    ...evidence,
    chain: [random.pick(any.chains)],
  }),
  'VEK and chain exchanged': (_random, evidence) =>
    evidence.vek && evidence.chain?.[0]
      ? { ...evidence, vek: evidence.chain[0], chain: evidence.chain.with(0, evidence.vek) }
      : undefined,
  'a key of the attacker': (random, evidence, { attackers }) => {
    const [der] = dersOf(piecesOf(evidence)?.vek ?? new Uint8Array(), CERTIFICATE) ?? [];
    if (der === undefined) return undefined;
    const { report, publicKeyInfo } = random.pick(attackers);
    const { table } = splitReport(evidence.report);
    const vek = random.oneIn(4) ? der : forge(der, [0, 6], () => publicKeyInfo);
    return { ...evidence, report: concatBytes(report, table), vek };
  },
};

export const CASE_MUTATORS: readonly SnpMutator[] = mutators(
  'any',
  prefixed('whole', CASES),
  (apply: Apply) => apply,
);

export const WHOLE_MUTATORS: readonly SnpMutator[] = [
  ...mutators('harmless', prefixed('whole', HARMLESS), (apply: Apply) => apply),
  ...mutators('any', prefixed('whole', CHANGES), (apply: Apply) => apply),
];
