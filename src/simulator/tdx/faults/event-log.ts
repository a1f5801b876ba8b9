import { flipBit, overwrite, truncate, writeU32 } from '../../damage.ts';
import { encodeCcelLog } from '../ccel.ts';
import { type BootEvent, standardBoot } from '../event-log.ts';
import type { TdxPlan } from '../plan.ts';
import type { TdxFault, TdxFaults } from './fault.ts';

/** One element of dstack's log. */
export interface DstackEntry {
  imr: number;
  event_type: number;
  digest: string;
  event: string;
  event_payload: string;
  version?: number;
}

export function editDstackLog(edit: (entries: DstackEntry[]) => void): (log: string) => string {
  return (log) => {
    const entries = JSON.parse(log) as DstackEntry[];
    edit(entries);
    return JSON.stringify(entries);
  };
}

/** The registers stay as the boot left them: only the log tells another story. */
function ccel(
  describes: string,
  fails: NonNullable<TdxFault['fails']>,
  edit: (logs: TdxPlan['logs']) => void,
): TdxFault {
  return {
    describes,
    fails,
    apply: ({ logs }) => edit(logs),
    asks: ({ ccelLog }) => ({ eventLog: { log: ccelLog } }),
  };
}

function dstack(
  describes: string,
  fails: NonNullable<TdxFault['fails']>,
  edit: (entries: DstackEntry[]) => void,
): TdxFault {
  return {
    describes,
    fails,
    options: { workload: 'dstack' },
    apply: ({ logs }) => {
      logs.afterDstack = editDstackLog(edit);
    },
    asks: ({ dstackLog }) => ({ eventLog: { log: dstackLog } }),
  };
}

function changeDigest(boot: BootEvent[], rtmr: number): void {
  const event = boot.find((one) => one.rtmr === rtmr);
  if (event) event.digest = flipBit(0)(event.digest);
}

function entryNamed(entries: DstackEntry[], name: string): DstackEntry {
  const found = entries.find((entry) => entry.event === name);
  if (found === undefined) throw new RangeError(`no event ${name}`);
  return found;
}

/** Places in the CCEL log: the header entry is 65 bytes long. */
const AT = {
  headerEventSize: 28,
  specId: 32,
  firstEvent: 65,
  firstDataSize: 65 + 14 + 48,
} as const;

const ROOM = 40;

export const EVENT_LOG_FAULTS = {
  log_empty: ccel('an empty event log', ['tdx.event_log.format'], (logs) => {
    logs.afterCcel = truncate(0);
  }),
  log_truncated: ccel('cut inside an entry', ['tdx.event_log.format'], (logs) => {
    logs.afterCcel = truncate(AT.firstEvent + ROOM);
  }),
  log_not_spec_id: ccel('a first entry without its signature', ['tdx.event_log.format'], (logs) => {
    logs.afterCcel = flipBit(AT.specId);
  }),
  log_header_size_huge: ccel('a header larger than the log', ['tdx.event_log.format'], (logs) => {
    logs.afterCcel = writeU32(AT.headerEventSize, 0x7fffffff);
  }),
  log_event_size_huge: ccel(
    'an entry whose data is larger than the log',
    ['tdx.event_log.format'],
    (logs) => {
      logs.afterCcel = writeU32(AT.firstDataSize, 0x7fffffff);
    },
  ),
  log_register_9: ccel(
    'an entry for a register that does not exist',
    ['tdx.event_log.format'],
    (logs) => {
      logs.afterCcel = writeU32(AT.firstEvent, 9);
    },
  ),
  log_text_in_padding: ccel('text in the padding', ['tdx.event_log.format'], (logs) => {
    logs.afterCcel = overwrite(4000, Uint8Array.of(0x68, 0x69));
  }),
  log_rtmr0_changed: ccel('another digest in RTMR 0', ['tdx.event_log.rtmr0'], ({ boot }) =>
    changeDigest(boot, 0),
  ),
  log_rtmr1_changed: ccel('another digest in RTMR 1', ['tdx.event_log.rtmr1'], ({ boot }) =>
    changeDigest(boot, 1),
  ),
  log_rtmr2_changed: ccel('another digest in RTMR 2', ['tdx.event_log.rtmr2'], ({ boot }) =>
    changeDigest(boot, 2),
  ),
  log_event_missing: ccel('the initrd is not told of', ['tdx.event_log.rtmr2'], ({ boot }) => {
    boot.pop();
  }),
  log_event_extra: ccel('an event too many', ['tdx.event_log.rtmr1'], ({ boot }) => {
    const separator = boot.find((event) => event.rtmr === 1 && event.data.length === 4);
    if (separator) boot.push(separator);
  }),
  log_events_swapped: ccel('two events in the wrong order', ['tdx.event_log.rtmr0'], ({ boot }) => {
    const [first, second, ...others] = boot.splice(0);
    boot.push(...[second, first].filter((event) => event !== undefined), ...others);
  }),
  log_of_other_machine: ccel(
    'the log of another machine',
    ['tdx.event_log.rtmr0', 'tdx.event_log.rtmr1', 'tdx.event_log.rtmr2'],
    ({ boot }) => {
      boot.splice(0, boot.length, ...standardBoot('another machine'));
    },
  ),
  log_unexpected_kernel: {
    describes: 'a log that replays, of a kernel other than the expected one',
    fails: ['tdx.event_log.expected'],
    asks: ({ ccelLog }) => ({
      eventLog: { log: ccelLog, expected: encodeCcelLog(standardBoot('another machine')) },
    }),
  },
  log_table_checksum: {
    describes: 'an ACPI table with a wrong checksum',
    fails: ['tdx.event_log.table'],
    apply: ({ logs }) => {
      logs.afterTable = flipBit(9);
    },
    asks: ({ ccelLog, ccelTable }) => ({ eventLog: { log: ccelLog, table: ccelTable } }),
  },
  log_larger_than_table: {
    describes: 'a log larger than the area that the ACPI table names',
    fails: ['tdx.event_log.table'],
    apply: ({ logs }) => {
      // The checksum stays right: one byte goes down by as much as the other goes up.
      logs.afterTable = (table) => table.with(41, 0x08).with(10, ((table[10] ?? 0) + 0x08) & 0xff);
    },
    asks: ({ ccelLog, ccelTable }) => ({ eventLog: { log: ccelLog, table: ccelTable } }),
  },
  dstack_not_array: {
    describes: 'a dstack log that is no array',
    fails: ['tdx.event_log.format'],
    options: { workload: 'dstack' },
    apply: ({ logs }) => {
      logs.afterDstack = (log) => `[${log}]`;
    },
    asks: ({ dstackLog }) => ({ eventLog: { log: dstackLog } }),
  },
  dstack_payload_changed: dstack(
    'another compose hash, its digest kept: fields that the digest does not bind',
    ['tdx.event_log.format'],
    (entries) => {
      entryNamed(entries, 'compose-hash').event_payload = 'ab'.repeat(32);
    },
  ),
  dstack_name_changed: dstack(
    'another event name, its digest kept',
    ['tdx.event_log.format'],
    (entries) => {
      entryNamed(entries, 'storage-fs').event = 'storage-encrypted';
    },
  ),
  dstack_payload_replaced: dstack(
    'another compose hash, its digest left out',
    ['tdx.event_log.rtmr3'],
    (entries) => {
      const entry = entryNamed(entries, 'compose-hash');
      entry.event_payload = 'ab'.repeat(32);
      entry.digest = '';
    },
  ),
  dstack_version_changed: dstack(
    'an event of version 2 told as version 1',
    ['tdx.event_log.rtmr3'],
    (entries) => {
      const entry = entryNamed(entries, 'os-image-hash');
      entry.version = 1;
      entry.digest = '';
    },
  ),
  dstack_event_missing: dstack(
    'the key provider is not told of',
    ['tdx.event_log.rtmr3'],
    (entries) => {
      entries.splice(entries.indexOf(entryNamed(entries, 'key-provider')), 1);
    },
  ),
  dstack_boot_digest_changed: dstack(
    'another digest in RTMR 1',
    ['tdx.event_log.rtmr1'],
    (entries) => {
      const kernel = entries.find((entry) => entry.imr === 1);
      if (kernel) kernel.digest = 'cd'.repeat(48);
    },
  ),
} as const satisfies TdxFaults;
