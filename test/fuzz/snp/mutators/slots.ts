import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import type { Evidence } from '../evidence.ts';
import { type Entry, entriesOf, GUID, splitReport, tableOf } from '../layout.ts';
import type { Change, SnpMutator } from './mutator.ts';

export type Role = 'vek' | 'ca' | 'crl';

/** One place where a certificate, a chain or a list stands. */
interface Slot {
  readonly bytes: Uint8Array;
  readonly filled: (bytes: Uint8Array) => Evidence;
}

const ENTRIES: Readonly<Record<Role, readonly string[]>> = {
  vek: [GUID.vcek, GUID.vlek],
  ca: [GUID.ask, GUID.ark],
  crl: [GUID.crl],
};

/** Handed over or in the table, whether or not anybody looks there. */
function slotsOf(evidence: Evidence, role: Role): readonly Slot[] {
  return [...givenSlots(evidence, role), ...tableSlots(evidence, role)];
}

function givenSlots(evidence: Evidence, role: Role): readonly Slot[] {
  if (role === 'ca') {
    const { chain = [] } = evidence;
    return chain.map((bytes, i) => ({
      bytes,
      filled: (fresh) => ({ ...evidence, chain: chain.with(i, fresh) }),
    }));
  }
  const bytes = evidence[role];
  return bytes ? [{ bytes, filled: (fresh) => ({ ...evidence, [role]: fresh }) }] : [];
}

function tableSlots(evidence: Evidence, role: Role): readonly Slot[] {
  const entries = tableEntries(evidence.report);
  return entries.flatMap(({ guid, data }, i) =>
    ENTRIES[role].includes(guid)
      ? [
          {
            bytes: data,
            filled: (fresh: Uint8Array) =>
              withEntries(evidence, entries.with(i, { guid, data: fresh })),
          },
        ]
      : [],
  );
}

/** None where there is no table, or none that can be read. */
export function tableEntries(report: Uint8Array): readonly Entry[] {
  const { table } = splitReport(report);
  return (table.length > 0 && entriesOf(table)) || [];
}

/** The same report in front of a table of these, with what zeros a host would add. */
export function withEntries(evidence: Evidence, entries: readonly Entry[]): Evidence {
  const { head } = splitReport(evidence.report);
  return { ...evidence, report: concatBytes(head, tableOf(entries, { padding: 64 })) };
}

/** A change of one piece that plays this role, wherever it stands. */
export const inSlot =
  (role: Role) =>
  (change: Change): SnpMutator['apply'] =>
  (random, evidence, world) => {
    const slots = slotsOf(evidence, role);
    if (slots.length === 0) return undefined;
    const { bytes, filled } = random.pick(slots);
    const changed = change(random, bytes, world);
    return changed && filled(changed);
  };
