import '../../src/core/x509/reflect-metadata.ts';
import { Extension, KeyUsageFlags } from '@peculiar/x509';
import { utf8 } from '../../src/core/bytes/text.ts';
import { TAG } from '../../src/core/encoding/der.ts';
import { EXTENSION } from '../../src/core/x509/extensions.ts';
import { tlv } from './forge.ts';
import { type CertificateWishes, certify, type Party, party } from './pki.ts';
import { OTHER_RSA_4096, RSA_4096, type RsaTestKey } from './rsa-keys.ts';
import { type LineName, MACHINES } from './snp-machines.ts';

/** The parties of one product line under a root that is not AMD's. */
export interface SnpWorld {
  readonly line: LineName;
  readonly ark: Party;
  readonly ask: Party;
  readonly asvk: Party;
  readonly vcek: Party;
  readonly vlek: Party;
}

/** @param keys of the root, and of both intermediates. */
export async function snpWorld(
  line: LineName = 'Genoa',
  keys: { readonly ark: RsaTestKey; readonly ask: RsaTestKey } = {
    ark: RSA_4096,
    ask: OTHER_RSA_4096,
  },
): Promise<SnpWorld> {
  return {
    line,
    ark: await party(`ARK-${line}`, keys.ark),
    ask: await party(`SEV-${line}`, keys.ask),
    asvk: await party(`SEV-VLEK-${line}`, keys.ask),
    vcek: await party('SEV-VCEK', 'P-384'),
    vlek: await party('SEV-VLEK', 'P-384'),
  };
}

export function arkCertificate({ ark }: SnpWorld, wishes: CertificateWishes = {}) {
  return certify(ark, ark, { kind: 'ca', serial: '010000', ...wishes });
}

/** The ASK or the ASVK; neither may sign CRLs. */
export function intermediateCertificate(
  world: SnpWorld,
  signs: 'vcek' | 'vlek' = 'vcek',
  wishes: CertificateWishes = {},
) {
  return certify(signs === 'vcek' ? world.ask : world.asvk, world.ark, {
    kind: 'ca',
    usages: KeyUsageFlags.keyCertSign,
    pathLength: 0,
    serial: signs === 'vcek' ? '020002' : '020101',
    ...wishes,
  });
}

/** What a VEK certificate of AMD's has none of. */
const USUAL_EXTENSIONS = [
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.crlDistributionPoints,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.keyUsage,
  EXTENSION.basicConstraints,
];

export interface VekWishes extends CertificateWishes {
  /** Who signs it, under whose name; the ASK or ASVK unless said. */
  readonly issuer?: Party;
  readonly amd?: VekExtensionValues;
}

export function vekCertificate(
  world: SnpWorld,
  kind: 'vcek' | 'vlek' = 'vcek',
  { issuer, amd, ...wishes }: VekWishes = {},
) {
  const values = { ...goodExtensions(world.line, kind), ...amd };
  return certify(world[kind], issuer ?? (kind === 'vcek' ? world.ask : world.asvk), {
    serial: '00',
    without: USUAL_EXTENSIONS,
    more: extensionList(values).map(
      ([oid, value]) => new Extension(oid, false, new Uint8Array(value)),
    ),
    ...wishes,
  });
}

/** Last arcs below AMD's 1.3.6.1.4.1.3704.1, in the order of a Milan certificate. */
const ARCS = {
  structVersion: '1',
  productName: '2',
  blSPL: '3.1',
  teeSPL: '3.2',
  spl4: '3.4',
  spl5: '3.5',
  spl6: '3.6',
  spl7: '3.7',
  snpSPL: '3.3',
  ucodeSPL: '3.8',
  fmcSPL: '3.9',
  hwID: '4',
  cspID: '5',
} as const;

export type VekExtensionName = keyof typeof ARCS;

/** What stands inside the extnValue; undefined for an extension that is not there. */
export type VekExtensionValues = Readonly<
  Partial<Record<VekExtensionName, Uint8Array | undefined>>
>;

export function extensionList(values: VekExtensionValues): [oid: string, value: Uint8Array][] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[`1.3.6.1.4.1.3704.1.${ARCS[name as VekExtensionName]}`, value]],
  );
}

/** INTEGER 0 to 255. */
export function spl(value: number): Uint8Array {
  return tlv(TAG.integer, Uint8Array.from(value < 0x80 ? [value] : [0, value]));
}

export function ia5(text: string): Uint8Array {
  return tlv(TAG.ia5String, utf8(text));
}

/** Bytes of a TCB_VERSION by the extension that repeats them. */
const SPL_PLACES = {
  early: { blSPL: 0, teeSPL: 1, spl4: 2, spl5: 3, spl6: 4, spl7: 5, snpSPL: 6, ucodeSPL: 7 },
  turin: { fmcSPL: 0, blSPL: 1, teeSPL: 2, snpSPL: 3, spl5: 4, spl6: 5, spl7: 6, ucodeSPL: 7 },
} as const;

/** What the certificate of this line's machine says. */
export function goodExtensions(
  line: LineName,
  kind: 'vcek' | 'vlek' = 'vcek',
  tcb: Uint8Array = MACHINES[line].tcb,
): VekExtensionValues {
  const { chipId, hwIdLength } = MACHINES[line];
  const places = Object.entries(SPL_PLACES[line === 'Turin' ? 'turin' : 'early']);
  return {
    structVersion: spl(line === 'Turin' ? 1 : 0),
    productName: ia5(line === 'Milan' && kind === 'vcek' ? 'Milan-B0' : line),
    ...Object.fromEntries(places.map(([name, at]) => [name, spl(tcb[at] ?? 0)])),
    ...(kind === 'vcek'
      ? { hwID: chipId.slice(0, hwIdLength) }
      : { cspID: ia5('CN=cloud.example') }),
  };
}
