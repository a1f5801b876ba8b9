import { concatBytes } from '../../src/core/bytes/writer.ts';
import { TdxVerifier } from '../../src/evidence/tdx/verifier.ts';
import { type Effort, SEED } from './effort.ts';
import { type Evidence, inputOf } from './evidence.ts';
import { assemble, partsOf, type QuoteParts } from './quote-layout.ts';
import { Random } from './random.ts';
import type { Platform, World } from './world.ts';

type Collateral = Platform['collateral'];

/** The same bytes of attestation key or chain in other company, good ones among bad. */
function quotesAlike({ honest, platforms }: World): Uint8Array[] {
  const [first, second, other, stranger] = platforms.map(({ quotes }) =>
    quotes.flatMap((quote) => partsOf(quote) ?? []),
  );
  const swap = (donors: readonly QuoteParts[] = [], ...names: (keyof QuoteParts)[]) => {
    const [base] = first ?? [];
    const donor = donors.at(-1);
    if (base === undefined || donor === undefined) throw new RangeError('no quotes');
    return assemble({
      ...base,
      ...Object.fromEntries(names.map((name) => [name, donor[name]])),
    });
  };
  const base = platforms[0]?.quotes[0] ?? new Uint8Array();
  return [
    ...honest.flatMap(({ quotes }) => [quotes[0], quotes.at(-1)]).filter((q) => q !== undefined),
    ...(platforms.at(-1)?.quotes.slice(0, 1) ?? []),
    base.with(100, 1),
    concatBytes(base, Uint8Array.of(0)),
    concatBytes(base, Uint8Array.of(1)),
    swap(first, 'signed'),
    swap(first, 'attestationKey'),
    swap(first, 'signature'),
    swap(first, 'qeReportSignature'),
    swap(first, 'qeReport', 'qeReportSignature'),
    swap(second, 'certification'),
    swap(second, 'qeReport', 'qeReportSignature'),
    swap(other, 'certification'),
    swap(stranger, 'certification'),
    swap(stranger, 'attestationKey', 'signature', 'qeReport', 'qeReportSignature'),
    assemble({ ...honestParts(base), qeAuthData: new Uint8Array(32) }),
    assemble({ ...honestParts(base), innerType: 4 }),
  ];
}

function honestParts(quote: Uint8Array): QuoteParts {
  const parts = partsOf(quote);
  if (parts === undefined) throw new RangeError('no quote');
  return parts;
}

/** Sets with the same two signatures, which is what they are remembered under, and little else. */
function collateralAlike({ platforms, revoking }: World): Evidence['collateral'][] {
  const [first, second, other, stranger] = platforms.map(({ collateral }) => collateral);
  if (!first || !second || !other || !stranger) throw new RangeError('no platforms');
  const altered = (changes: Partial<Collateral>) => ({ ...first, ...changes });
  const sets: Evidence['collateral'][] = [
    first,
    second,
    other,
    stranger,
    revoking,
    altered({ tcb_info: first.tcb_info.replace('"svn":4', '"svn":3') }),
    altered({ tcb_info: second.tcb_info }),
    altered({ tcb_info: `${first.tcb_info} ` }),
    altered({ qe_identity: first.qe_identity.replace('"isvprodid":2', '"isvprodid":3') }),
    altered({ qe_identity: other.qe_identity }),
    altered({ tcb_info_issuer_chain: stranger.tcb_info_issuer_chain }),
    altered({ qe_identity_issuer_chain: other.qe_identity_issuer_chain }),
    altered({ root_ca_crl: other.root_ca_crl }),
    altered({ root_ca_crl: stranger.root_ca_crl }),
    altered({ root_ca_crl: '' }),
    altered({ pck_crl: other.pck_crl }),
    altered({ pck_crl: first.root_ca_crl }),
    altered({ pck_crl: first.pck_crl.replace(/..$/, '00') }),
    altered({ pck_crl_issuer_chain: '' }),
    altered({ tcb_info_signature: first.tcb_info_signature.toUpperCase() }),
    // Joined to one key, the border between the signatures could move.
    altered({
      tcb_info_signature: `${first.tcb_info_signature}/`,
      qe_identity_signature: first.qe_identity_signature,
    }),
    altered({
      tcb_info_signature: first.qe_identity_signature,
      qe_identity_signature: first.tcb_info_signature,
    }),
  ];
  const { pck_crl: _pckCrl, ...withoutCrl } = first;
  const { tcb_info_signature: _signature, ...withoutSignature } = first;
  const named = { ...withoutSignature, tcb_info_signature: 'undefined' };
  const files = [first, altered({ root_ca_crl: '' })].map((set) =>
    Buffer.from(JSON.stringify(set)),
  );
  return [
    ...sets,
    withoutCrl,
    withoutSignature,
    named,
    ...files.map((file) => new Uint8Array(file)),
  ];
}

export interface MemoryTally {
  readonly asked: number;
  readonly pairs: number;
  readonly accepted: number;
}

/**
 * Asks one verifier about every quote with every set of collateral, over and over in a random
 * order, and compares with what a verifier without memory said. What was found good must not
 * make a changed neighbour pass, nor may a bad neighbour spoil what is good.
 */
export function attackMemory(world: World, effort: Effort): MemoryTally {
  const pairs = quotesAlike(world).flatMap((quote) =>
    collateralAlike(world).map((collateral) => ({ quote, collateral })),
  );
  const due = pairs.map((pair) => answerOf(new TdxVerifier(world.anchors, 1), pair));
  const random = new Random(SEED, 0);
  let verifier = new TdxVerifier(world.anchors, 3);
  const start = performance.now();
  let asked = 0;
  for (; asked < effort.inputs || performance.now() - start < effort.seconds * 1_000; asked++) {
    // From a memory of one entry, which forgets at once, to one that forgets nothing.
    if (asked % 5_000 === 0)
      verifier = new TdxVerifier(world.anchors, random.pick([1, 2, 3, 1_024]));
    const index = random.below(pairs.length);
    const pair = pairs[index];
    if (pair === undefined) throw new RangeError('no pair');
    const answer = answerOf(verifier, scribbledOver(pair));
    if (answer !== due[index]) {
      throw new Error(
        `memory, POSTERN_FUZZ_SEED=${SEED}, question ${asked}: pair ${index} answered\n${answer}\nfresh:\n${due[index]}`,
      );
    }
  }
  const accepted = due.filter((answer) => answer.startsWith('accept')).length;
  return { asked, pairs: pairs.length, accepted };
}

const buffer = new Uint8Array(1 << 16);

/** The caller's own buffers and objects, used again for the next question. */
function scribbledOver({ quote, collateral }: Evidence): Evidence {
  buffer.fill(0xee);
  buffer.set(quote, 5);
  const view = buffer.subarray(5, 5 + quote.length);
  if (collateral instanceof Uint8Array) return { quote: view, collateral };
  for (const name of Object.keys(members)) delete members[name];
  return { quote: view, collateral: Object.assign(members, collateral) };
}

const members: Record<string, string> = {};

function answerOf(verifier: TdxVerifier, evidence: Evidence): string {
  const { quote: _quote, ...result } = verifier.verify(inputOf(evidence));
  return `${result.verdict} ${JSON.stringify(result)}`;
}
