import { toHex } from '../../../core/bytes/hex.ts';
import type { Claims } from '../../verification.ts';
import type { RegisterComparison } from './compare.ts';
import type { EventLog, LoggedEvent, UnextendedEntry } from './event.ts';
import { eventTypeName } from './event-types.ts';
import { labelled } from './labels.ts';
import { printableBytes } from './printable.ts';
import { replay } from './replay.ts';
import type { SpecId } from './spec-id.ts';

/**
 * A log as plain data, each event split into what is proven and what is only claimed.
 *
 * @param comparisons of {@link compareWithRtmrs}. Events of a register that came out equal
 *   have proven parts; where it came out different the text is an attacker's and left out;
 *   without a comparison everything is a claim.
 */
export function eventLogClaims(
  log: EventLog,
  comparisons: readonly RegisterComparison[] = [],
): Claims {
  const [rtmr0, rtmr1, rtmr2, rtmr3] = replay(log.events);
  const outcomes = new Map(comparisons.map(({ register, outcome }) => [register, outcome]));
  return {
    format: log.format,
    eventCount: log.events.length + log.notExtended.length,
    logEnd: log.end,
    rtmr0: toHex(rtmr0),
    rtmr1: toHex(rtmr1),
    rtmr2: toHex(rtmr2),
    rtmr3: toHex(rtmr3),
    events: log.events.map((event) => eventClaims(event, outcomes.get(event.register))),
    notExtended: log.notExtended.map(entryClaims),
    ...(log.specId === undefined ? {} : { header: headerClaims(log.specId) }),
  };
}

function eventClaims(
  event: LoggedEvent,
  outcome: RegisterComparison['outcome'] | undefined,
): Claims {
  const { index, register, digest, data, coverage } = event;
  const place = { index, register, digest: toHex(digest) };
  if (outcome === 'different') {
    return { ...place, withheld: 'the register does not replay to the quoted value' };
  }
  const { proven, claimed } = labelled(event);
  return {
    ...place,
    dataLength: data.length,
    digestCovers: coverage.of === 'part' ? coverage.part : coverage.of,
    ...(coverage.of === 'nothing' ? { because: coverage.because } : {}),
    ...(outcome === 'equal'
      ? { proven, claimed }
      : { proven: {}, claimed: { ...claimed, ...proven } }),
  };
}

function entryClaims({ index, type, data, because }: UnextendedEntry): Claims {
  const claimed = { type, typeName: eventTypeName(type), text: printableBytes(data) };
  return { index, because, dataLength: data.length, claimed };
}

function headerClaims({ version, errata, platformClass, vendorInfo }: SpecId): Claims {
  return { version, errata, platformClass, vendorInfo: printableBytes(vendorInfo) };
}
