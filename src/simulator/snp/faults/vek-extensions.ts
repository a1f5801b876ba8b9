import { utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { TAG } from '../../../core/encoding/der.ts';
import { append } from '../../damage.ts';
import { der, derNumber } from '../../der-writer.ts';
import type { SnpPlan } from '../plan.ts';
import { ia5, type VekExtensionName } from '../vek-extensions.ts';
import type { SnpFaults } from './fault.ts';

const extensions = { fails: ['snp.vek.extensions'] } as const;
const SHARED = ['milan', 'genoa'] as const;

/** Rewrites the DER inside one extension of the VCEK. */
const rewrite =
  (name: VekExtensionName, change: (value: Uint8Array) => Uint8Array) =>
  ({ certificates: { vcek } }: SnpPlan) => {
    vcek.vek[name] = change(vcek.vek[name] ?? new Uint8Array());
  };

function without(name: VekExtensionName) {
  return {
    describes: `a VCEK certificate without ${name}`,
    ...extensions,
    apply: ({ certificates }: SnpPlan) => {
      Reflect.deleteProperty(certificates.vcek.vek, name);
    },
  } as const;
}

export const VEK_EXTENSION_FAULTS = {
  ext_no_struct_version: without('structVersion'),
  ext_no_product_name: without('productName'),
  ext_no_bl: without('blSPL'),
  ext_no_tee: without('teeSPL'),
  ext_no_snp: without('snpSPL'),
  ext_no_ucode: without('ucodeSPL'),
  ext_no_spl4: { ...without('spl4'), products: SHARED },
  ext_no_spl5: without('spl5'),
  ext_no_spl6: without('spl6'),
  ext_no_spl7: without('spl7'),
  ext_no_fmc: { ...without('fmcSPL'), products: ['turin'] },
  ext_fmc_where_none_is: {
    describes: 'an FMC in a certificate of a generation that has none',
    ...extensions,
    products: SHARED,
    apply: rewrite('fmcSPL', () => derNumber(0)),
  },
  ext_spl4_where_none_is: {
    describes: 'an SPL 4 in a certificate of a generation that has none',
    ...extensions,
    products: ['turin'],
    apply: rewrite('spl4', () => derNumber(0)),
  },
  ext_none: {
    describes: 'a VCEK certificate without any of AMD’s extensions but the chip',
    ...extensions,
    apply: ({ certificates: { vcek } }) => {
      vcek.vek = { hwID: vcek.vek.hwID ?? new Uint8Array() };
    },
  },
  ext_spl_equal_modulo_256: {
    describes: 'a longer INTEGER whose last byte is right',
    ...extensions,
    apply: rewrite('ucodeSPL', (value) => {
      const last = value.at(-1) ?? 0;
      return der(TAG.integer, Uint8Array.of(1, last));
    }),
  },
  ext_spl_not_minimal: {
    describes: 'an INTEGER of the right value with a zero too many in front',
    ...extensions,
    apply: rewrite('snpSPL', (value) => der(TAG.integer, Uint8Array.of(0, value.at(-1) ?? 0))),
  },
  ext_spl_negative: {
    describes: 'an INTEGER below zero',
    ...extensions,
    apply: rewrite('ucodeSPL', () => der(TAG.integer, Uint8Array.of(0xdb))),
  },
  ext_spl_empty: {
    describes: 'an INTEGER of no bytes',
    ...extensions,
    apply: rewrite('blSPL', () => der(TAG.integer)),
  },
  ext_spl_tail: {
    describes: 'a byte behind an INTEGER',
    ...extensions,
    apply: rewrite('teeSPL', append(Uint8Array.of(0))),
  },
  ext_spl_raw_byte: {
    describes: 'an SPL as a bare byte, not an INTEGER',
    ...extensions,
    apply: rewrite('blSPL', (value) => value.slice(-1)),
  },
  ext_spl_octet_string: {
    describes: 'an SPL in an OCTET STRING',
    ...extensions,
    apply: rewrite('snpSPL', (value) => der(TAG.octetString, value.slice(-1))),
  },
  ext_spl_long_length: {
    describes: 'a length in the long form that would fit in the short',
    ...extensions,
    apply: rewrite('snpSPL', (value) => Uint8Array.of(TAG.integer, 0x81, 1, value.at(-1) ?? 0)),
  },
  ext_struct_version_tail: {
    describes: 'a byte behind structVersion',
    ...extensions,
    apply: rewrite('structVersion', append(Uint8Array.of(0))),
  },
  ext_product_name_raw: {
    describes: 'productName as bare text',
    ...extensions,
    apply: rewrite('productName', () => utf8('Genoa')),
  },
  ext_product_name_utf8: {
    describes: 'productName in another string type',
    ...extensions,
    apply: rewrite('productName', (value) => concatBytes(Uint8Array.of(0x0c), value.slice(1))),
  },
  ext_product_name_empty: {
    describes: 'an empty productName',
    ...extensions,
    apply: rewrite('productName', () => ia5('')),
  },
  ext_product_name_nul: {
    describes: 'a productName with a NUL and something behind it',
    ...extensions,
    apply: rewrite('productName', () => ia5('Genoa\0Milan')),
  },
  ext_hwid_prefix: {
    describes: 'a hardware id one byte too short, right as far as it goes',
    ...extensions,
    apply: rewrite('hwID', (value) => value.slice(0, -1)),
  },
  ext_hwid_longer: {
    describes: 'a hardware id with a byte behind it',
    ...extensions,
    apply: rewrite('hwID', append(Uint8Array.of(0))),
  },
  ext_hwid_eight_bytes: {
    describes: 'a hardware id of Turin’s length',
    ...extensions,
    products: SHARED,
    apply: rewrite('hwID', (value) => value.slice(0, 8)),
  },
  ext_hwid_zero_padded: {
    describes: 'a hardware id with the zeros that the report has behind it',
    ...extensions,
    products: ['turin'],
    apply: rewrite('hwID', append(new Uint8Array(56))),
  },
  ext_hwid_empty: {
    describes: 'a hardware id of no bytes: it is a prefix of every chip id',
    ...extensions,
    apply: rewrite('hwID', () => new Uint8Array()),
  },
  ext_hwid_octet_string_short: {
    describes: 'a hardware id in an OCTET STRING that says one byte less than it has',
    ...extensions,
    apply: rewrite('hwID', (value) =>
      concatBytes(Uint8Array.of(TAG.octetString, value.length - 1), value),
    ),
  },
} as const satisfies SnpFaults;
