import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { Interrogation } from '../memory.ts';
import { reusedBuffer } from '../reused-buffer.ts';
import type { Evidence } from './evidence.ts';
import { assemble, partsOf, type QuoteParts } from './quote-layout.ts';
import { verifierOf } from './subject.ts';
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

/** Every quote with every set of collateral. */
export function pairsOf(world: World): Interrogation<Evidence> {
  return {
    questions: quotesAlike(world).flatMap((quote) =>
      collateralAlike(world).map((collateral) => ({ quote, collateral })),
    ),
    verifier: (entries) => verifierOf(world, entries),
    held: scribbledOver,
  };
}

const place = reusedBuffer(1 << 16);

/** The caller's own buffers and objects, used again for the next question. */
function scribbledOver({ quote, collateral }: Evidence): Evidence {
  const view = place(quote);
  if (collateral instanceof Uint8Array) return { quote: view, collateral };
  for (const name of Object.keys(members)) delete members[name];
  return { quote: view, collateral: Object.assign(members, collateral) };
}

const members: Record<string, string> = {};
