import { describe, expect, it } from 'vitest';
import { sha384 } from '#crypto';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { eventLogClaims } from '../../../../src/evidence/tdx/event-log/claims.ts';
import { compareWithRtmrs } from '../../../../src/evidence/tdx/event-log/compare.ts';
import type { EventLog } from '../../../../src/evidence/tdx/event-log/event.ts';
import { readEventLog } from '../../../../src/evidence/tdx/event-log/read.ts';
import { replay } from '../../../../src/evidence/tdx/event-log/replay.ts';
import { ccel, dstack, dstackEvent, entry, measured } from './build.ts';

const command = measured(3, 0xd, sha384(utf8('set x=1')), utf8('grub_cmd: set x=1\0'));
const image = measured(2, 0x80000003, new Uint8Array(48).fill(9), utf8('x'));
const firmware = readEventLog(
  ccel(
    entry({ mr: 1, type: 0x80000007, data: utf8('Exit') }),
    image,
    command,
    entry({ mr: 0, type: 3 }),
  ),
);
const zero = new Uint8Array(48);

/** Claims against a quote that agrees. */
const proven = (log: EventLog) => eventLogClaims(log, compareWithRtmrs(log, replay(log.events)));
const events = (claims: ReturnType<typeof eventLogClaims>) => claims['events'] as readonly object[];

it('counts every entry, extended or not, and gives registers and end', () => {
  const [rtmr0, rtmr1, rtmr2, rtmr3] = replay(firmware.events).map(toHex);
  expect(eventLogClaims(firmware)).toMatchObject({
    format: 'ccel',
    eventCount: 4,
    logEnd: firmware.end,
    rtmr0,
    rtmr1,
    rtmr2,
    rtmr3,
    header: { version: '2.0', errata: 0, platformClass: 0, vendorInfo: '' },
    notExtended: [
      { index: 3, because: 'EV_NO_ACTION', claimed: { type: 3, typeName: 'EV_NO_ACTION' } },
    ],
  });
});

describe('against an equal register, labels', () => {
  const [action, load, grub] = events(proven(firmware));

  it('covered data as proven, its type as claimed', () => {
    expect(action).toMatchObject({
      index: 0,
      register: 0,
      digestCovers: 'data',
      proven: { text: 'Exit' },
      claimed: { type: 0x80000007, typeName: 'EV_EFI_ACTION' },
    });
  });

  it('an image’s path as claimed', () => {
    expect(load).toMatchObject({
      digestCovers: 'nothing',
      because: expect.any(String),
      proven: {},
    });
  });

  it('the covered part as proven, the rest as claimed', () => {
    expect(grub).toMatchObject({
      digestCovers: 'command',
      proven: { command: 'set x=1' },
      claimed: { typeName: 'EV_IPL', text: 'grub_cmd: set x=1' },
    });
  });

  it('name, type and payload of a dstack event as proven', () => {
    const [event] = events(proven(readEventLog(dstack(dstackEvent()))));
    expect(event).toMatchObject({
      digestCovers: 'name-and-data',
      proven: {
        type: 0x08000001,
        typeName: 'DSTACK_RUNTIME_EVENT',
        name: 'app-id',
        payload: 'deadbeef',
      },
      claimed: {},
    });
  });

  it('an open name as claimed', () => {
    const log = readEventLog(dstack(dstackEvent({ event: 'a:b', event_payload: '63' })));
    expect(events(proven(log))[0]).toMatchObject({
      digestCovers: 'joined',
      proven: { nameAndPayload: 'a:b:c' },
      claimed: { name: 'a:b', payload: '63' },
    });
  });

  it('dstack’s name for a boot event as claimed', () => {
    const digest = toHex(sha384(utf8('table')));
    const parts = { imr: 0, event_type: 10, event: 'acpi-rsdp', event_payload: '', digest };
    const [event] = events(proven(readEventLog(dstack(dstackEvent(parts)))));
    expect(event).toMatchObject({ proven: {}, claimed: { name: 'acpi-rsdp' } });
  });
});

it('without a quote everything is a claim', () => {
  for (const event of events(eventLogClaims(firmware))) expect(event).toMatchObject({ proven: {} });
  expect(events(eventLogClaims(firmware))[0]).toMatchObject({ claimed: { text: 'Exit' } });
});

it('where the register differs, the text is withheld', () => {
  const [action, load] = events(
    eventLogClaims(firmware, compareWithRtmrs(firmware, [zero, zero, zero, zero])),
  );
  expect(Object.keys(action ?? {})).toEqual(['index', 'register', 'digest', 'withheld']);
  expect(Object.keys(load ?? {})).toContain('withheld');
});

it('where the log need not tell of the register, its events are claims', () => {
  const log = readEventLog(ccel(entry({ mr: 4, data: utf8('said') })));
  const [event] = events(eventLogClaims(log, compareWithRtmrs(log, [zero, zero, zero, zero])));
  expect(event).toMatchObject({ proven: {}, claimed: { text: 'said' } });
});

it('is plain data', () => {
  const claims = proven(firmware);
  expect(JSON.parse(JSON.stringify(claims))).toEqual(claims);
});
