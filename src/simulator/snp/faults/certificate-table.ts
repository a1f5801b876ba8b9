import { append, type Damage, inTurn, overwrite, writeU32 } from '../../damage.ts';
import { ENTRY_LENGTH_AT, ENTRY_OFFSET_AT, TABLE_ENTRY_SIZE } from '../certificate-table.ts';
import { type SnpPlan, type SnpSigner, standardTable } from '../plan.ts';
import type { SnpFaults } from './fault.ts';
import { addEvilRoot, forgeHierarchy } from './further-certificates.ts';

type TablePlan = ReturnType<typeof standardTable>;

/** The certificates come in the table only. */
export const extended =
  (
    change: (table: TablePlan, plan: SnpPlan) => void = () => undefined,
    signer: SnpSigner = 'vcek',
  ) =>
  (plan: SnpPlan) => {
    plan.handed.vek = undefined;
    plan.handed.chain = [];
    const table = standardTable(signer);
    change(table, plan);
    plan.table = table;
  };

/** A table that can't be read has no VEK certificate for us. */
const format = {
  fails: ['snp.certificate_table.format'],
  unresolved: ['snp.vek.format'],
} as const;

function damaged(describes: string, afterTable: Damage) {
  return {
    describes,
    ...format,
    apply: extended((table) => {
      table.afterTable = afterTable;
    }),
  } as const;
}

const offsetOf = (entry: number) => TABLE_ENTRY_SIZE * entry + ENTRY_OFFSET_AT;
const lengthOf = (entry: number) => TABLE_ENTRY_SIZE * entry + ENTRY_LENGTH_AT;
/** Three entries and the terminator. */
const HEADER = 4 * TABLE_ENTRY_SIZE;

export const CERTIFICATE_TABLE_FAULTS = {
  report_long: {
    describes: 'a byte too many behind the report, where only a table may be',
    fails: ['snp.certificate_table.format'],
    apply: (plan) => {
      plan.afterReport = append(Uint8Array.of(0));
    },
  },
  report_long_by_zeros: {
    describes: 'zeros behind the report, one fewer than an empty table has',
    fails: ['snp.certificate_table.format'],
    apply: (plan) => {
      plan.afterReport = append(new Uint8Array(TABLE_ENTRY_SIZE - 1));
    },
  },
  table_offset_in_header: damaged(
    'an entry that points into the table’s own header',
    writeU32(offsetOf(0), TABLE_ENTRY_SIZE),
  ),
  table_past_end: damaged('an entry that ends behind the table', writeU32(lengthOf(2), 0x00100000)),
  table_offset_past_end: damaged(
    'an entry that begins behind the table',
    writeU32(offsetOf(2), 0x00100000),
  ),
  table_u32_wrap: damaged(
    'offset and length whose sum wraps at 32 bits',
    inTurn(writeU32(offsetOf(0), 0xfffffff0), writeU32(lengthOf(0), 0x20)),
  ),
  table_u32_wrap_length: damaged(
    'a length of nearly 4 GiB, whose end lies before its beginning',
    writeU32(lengthOf(0), 0xffffffff),
  ),
  table_overlap: damaged('an entry that begins in another', (table) => {
    const view = new DataView(table.buffer, table.byteOffset);
    return writeU32(offsetOf(1), view.getUint32(offsetOf(1), true) - 1)(table);
  }),
  table_gap: damaged('a byte between two entries that belongs to neither', (table) => {
    const view = new DataView(table.buffer, table.byteOffset);
    return writeU32(offsetOf(1), view.getUint32(offsetOf(1), true) + 1)(table);
  }),
  table_bytes_behind: damaged('bytes behind the last entry', append(Uint8Array.of(1))),
  table_unterminated: damaged(
    'no entry of zeros: the certificates are read for entries',
    overwrite(HEADER - TABLE_ENTRY_SIZE, new Uint8Array(TABLE_ENTRY_SIZE).fill(0x11)),
  ),
  table_only_header: damaged('a table that ends in its header', (table) =>
    table.slice(0, HEADER - 1),
  ),
  table_terminator_with_length: damaged(
    'an entry of zeros with a length',
    writeU32(lengthOf(3), 1),
  ),
  table_entry_of_no_bytes: damaged('an entry of no bytes', writeU32(lengthOf(2), 0)),
  table_guid_twice: {
    describes: 'two VCEK entries: readers differ about which of them counts',
    ...format,
    apply: extended((table) => {
      table.entries.push({ guid: 'vcek', holds: 'vcek', form: 'der' });
    }),
  },
  table_guids_mixed_endian: {
    describes: 'GUIDs in the byte order of Microsoft’s structures: none of them is known',
    fails: ['snp.certificate_table.format'],
    unresolved: ['snp.vek.format'],
    apply: extended((table) => {
      table.guidOrder = 'mixed-endian';
    }),
  },
  table_without_vek: {
    describes: 'a table with the CAs only',
    unresolved: ['snp.vek.format'],
    apply: extended((table) => {
      table.entries.shift();
    }),
  },
  table_empty: {
    describes: 'a table of no entries, as a host delivers that has none',
    unresolved: ['snp.vek.format'],
    apply: extended((table) => {
      table.entries = [];
    }),
  },
  table_vlek_in_vcek_entry: {
    describes: 'a VLEK certificate in the entry of the VCEK, for a report of a VCEK',
    fails: ['snp.vek.kind', 'snp.report.signature'],
    apply: extended((table) => {
      table.entries = [
        { guid: 'vcek', holds: 'vlek', form: 'der' },
        { guid: 'ask', holds: 'asvk', form: 'der' },
      ];
    }),
  },
  table_root_exchanged: {
    describes: 'a genuine chain in the table with a root of somebody else’s',
    fails: ['snp.vek.root'],
    apply: extended((table, plan) => {
      addEvilRoot(plan);
      table.entries[2] = { guid: 'ark', holds: 'evilArk', form: 'der' };
    }),
  },
  table_hierarchy_forged: {
    describes: 'a table with all of AMD’s names under a root of somebody else’s',
    fails: ['snp.vek.chain', 'snp.vek.root'],
    apply: extended((table, plan) => {
      forgeHierarchy(plan);
      table.entries[2] = { guid: 'ark', holds: 'evilArk', form: 'der' };
    }),
  },
  table_crl_revokes: {
    describes: 'a CRL in the table that revokes the ASK',
    fails: ['snp.vek.revocation'],
    apply: extended((table, { certificates: { ask }, crl: list }) => {
      list.revoked = [{ serial: ask.serial, at: '2026-05-10T00:00:00Z' }];
      table.entries.push({ guid: 'crl', holds: 'crl', form: 'der' });
    }),
  },
  table_crl_revokes_though_stale: {
    describes: 'a CRL in the table that ended a second ago, and revokes the ASK all the same',
    fails: ['snp.vek.revocation'],
    apply: extended((table, { certificates: { ask }, crl: list }) => {
      list.nextUpdate = '2026-05-31T23:59:59Z';
      list.revoked = [{ serial: ask.serial, at: '2026-05-10T00:00:00Z' }];
      table.entries.push({ guid: 'crl', holds: 'crl', form: 'der' });
    }),
  },
  table_crl_where_one_is_required: {
    describes: 'a CRL was asked for, and only the table has one: it clears nobody',
    unresolved: ['snp.crl.format'],
    apply: extended((table) => {
      table.entries.push({ guid: 'crl', holds: 'crl', form: 'der' });
    }),
    asks: () => ({ revocation: 'required' }),
  },
  table_vek_garbage: {
    describes: 'a VCEK entry that is no certificate',
    fails: ['snp.vek.format'],
    apply: extended((table) => {
      table.entries[0] = { guid: 'vcek', holds: new Uint8Array(64).fill(0xaa), form: 'der' };
    }),
  },
} as const satisfies SnpFaults;
