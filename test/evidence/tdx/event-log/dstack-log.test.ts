import { describe, expect, it } from 'vitest';
import { sha384 } from '#crypto';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import {
  dstackDigestV1,
  dstackDigestV2,
} from '../../../../src/evidence/tdx/event-log/dstack-digest.ts';
import {
  DSTACK_LOG_SIZE_LIMIT,
  parseDstackLog,
} from '../../../../src/evidence/tdx/event-log/dstack-log.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../../support/fuzz.ts';
import { hex } from '../../../support/hex.ts';
import { asView } from '../../../support/view.ts';
import { dstack, dstackEvent } from './build.ts';

const payload = hex('deadbeef');
const v1 = toHex(sha384(hex('01000008 3a 6170702d6964 3a deadbeef')));
const v2 = toHex(sha384(utf8('{"name":"app-id","payload":"deadbeef","type":134217729}')));
const separator = dstackEvent({
  imr: 0,
  event_type: 4,
  event: '',
  event_payload: '00000000',
  digest: toHex(sha384(new Uint8Array(4))),
});

describe('digests', () => {
  it('version 1 over type, name and payload', () => {
    expect(toHex(dstackDigestV1('app-id', payload))).toBe(v1);
  });

  it('version 2 over the canonical JSON', () => {
    expect(toHex(dstackDigestV2('app-id', payload))).toBe(v2);
  });

  it('version 2 with the escapes of RFC 8785', () => {
    const text = '{"name":"a\\"b\\\\\\n\u007fé","payload":"","type":134217729}';
    expect(dstackDigestV2('a"b\\\n\u007fé', new Uint8Array())).toEqual(sha384(utf8(text)));
  });
});

describe('reads', () => {
  it.each([
    ['a runtime event without digest as version 1', {}, v1],
    ['a version 1 digest without version', { digest: v1 }, v1],
    ['a version 2 digest without version', { digest: v2 }, v2],
    ['version 1 with its digest', { version: 1, digest: v1 }, v1],
    ['version 2 with its digest', { version: 2, digest: v2 }, v2],
    ['version 2 without digest', { version: 2 }, v2],
    ['hex in upper case', { version: 2, digest: v2.toUpperCase(), event_payload: 'DEADBEEF' }, v2],
    ['members that it does not know', { preimage: '00' }, v1],
  ])('%s', (_, parts, digest) => {
    const [event] = parseDstackLog(dstack(dstackEvent(parts))).events;
    expect(event).toMatchObject({
      index: 0,
      register: 3,
      name: 'app-id',
      coverage: { of: 'name-and-data' },
    });
    expect(toHex(event?.digest ?? new Uint8Array())).toBe(digest);
    expect(event?.data).toEqual(payload);
  });

  it('a runtime event that has no digest member', () => {
    const { digest, ...rest } = dstackEvent() as { digest: string };
    expect(digest).toBe('');
    expect(toHex(parseDstackLog(dstack(rest)).events[0]?.digest ?? new Uint8Array())).toBe(v1);
  });

  it('boot events, their payload there or stripped', () => {
    const log = parseDstackLog(dstack(separator, { ...separator, event_payload: '' }));
    expect(log.events.map(({ coverage }) => coverage.of)).toEqual(['data', 'nothing']);
    expect(log.events[0]).not.toHaveProperty('name');
  });

  it('EV_NO_ACTION as not extended', () => {
    const log = parseDstackLog(dstack(dstackEvent({ imr: 0, event_type: 3 }), dstackEvent()));
    expect(log.notExtended).toMatchObject([{ index: 0, because: 'EV_NO_ACTION' }]);
    expect(log.events).toMatchObject([{ index: 1 }]);
  });

  it('the end of the text as the end of the log', () => {
    const bytes = dstack(separator, dstackEvent());
    expect(parseDstackLog(bytes).end).toBe(bytes.length);
    expect(parseDstackLog(asView(bytes))).toEqual(parseDstackLog(bytes));
  });
});

describe('where a version 1 name ends', () => {
  it('is open: two readings have one digest', () => {
    expect(dstackDigestV1('app-id:x', utf8('y'))).toEqual(dstackDigestV1('app-id', utf8('x:y')));
  });

  it('so a name with a colon is not proven by itself', () => {
    const [event] = parseDstackLog(dstack(dstackEvent({ event: 'app-id:x' }))).events;
    expect(event?.coverage).toEqual({ of: 'joined' });
  });

  it('while version 2 proves it', () => {
    const [event] = parseDstackLog(dstack(dstackEvent({ event: 'app-id:x', version: 2 }))).events;
    expect(event?.coverage).toEqual({ of: 'name-and-data' });
  });
});

describe('refuses', () => {
  it.each([
    {
      name: 'a name exchanged under its digest',
      parts: { digest: v1, event: 'app-ie' },
      at: 'digest',
    },
    {
      name: 'a payload exchanged under its digest',
      parts: { digest: v1, event_payload: 'deadbeee' },
      at: 'digest',
    },
    {
      name: 'a version 2 payload exchanged',
      parts: { digest: v2, version: 2, event_payload: '' },
      at: 'digest',
    },
    { name: 'a digest of the other version', parts: { digest: v1, version: 2 }, at: 'digest' },
    { name: 'the other digest of the version', parts: { digest: v2, version: 1 }, at: 'digest' },
    { name: 'a digest of 32 bytes', parts: { digest: '00'.repeat(32) }, at: 'digest' },
    { name: 'a digest that is a number', parts: { digest: 1 }, at: 'digest' },
    { name: 'a digest that is null', parts: { digest: null }, at: 'digest' },
    { name: 'a boot event without digest', parts: { event_type: 4 }, at: 'digest' },
    { name: 'register 4', parts: { imr: 4 }, at: 'imr' },
    { name: 'register -1', parts: { imr: -1 }, at: 'imr' },
    { name: 'register 0.5', parts: { imr: 0.5 }, at: 'imr' },
    { name: 'a register as text', parts: { imr: '3' }, at: 'imr' },
    { name: 'a type of 33 bits', parts: { event_type: 2 ** 32 }, at: 'event_type' },
    { name: 'version 3', parts: { version: 3 }, at: 'version' },
    { name: 'version 0', parts: { version: 0 }, at: 'version' },
    { name: 'half a byte of payload', parts: { event_payload: 'abc' }, at: 'event_payload' },
    { name: 'a payload that is not hex', parts: { event_payload: 'xy' }, at: 'event_payload' },
    { name: 'a payload that is null', parts: { event_payload: null }, at: 'event_payload' },
    { name: 'no name', parts: { event: undefined }, at: 'event' },
    // Encoded, every lone surrogate is the same U+FFFD: differing names, one digest.
    { name: 'a lone surrogate in a name', parts: { event: '\ud800' }, at: 'event' },
    {
      name: 'a lone surrogate under version 2',
      parts: { event: '\udfff', version: 2 },
      at: 'event',
    },
  ])('$name', ({ parts, at }) => {
    const bytes = dstack(separator, dstackEvent(parts));
    expect(faultOf(() => parseDstackLog(bytes))).toMatchObject({
      code: 'malformed',
      at: `event_log[1].${at}`,
    });
  });

  const event = JSON.stringify(dstackEvent());
  it.each([
    ['an object', event, 'event_log'],
    ['text around the array', `[${event}] x`, 'event_log'],
    ['an array that does not end', `[${event}`, 'event_log'],
    ['an element that is no object', `[${event},[]]`, 'event_log[1]'],
    ['a name given twice', `[${event.replace('{', '{"event":"other",')}]`, 'event_log[0]'],
    ['deep nesting', '['.repeat(100_000), 'event_log'],
    ['a number out of range', '[{"imr":1e999}]', 'event_log'],
  ])('%s', (_, text, at) => {
    expect(faultOf(() => parseDstackLog(utf8(text)))).toMatchObject({ code: 'malformed', at });
  });

  it.each([
    ['bytes that are not UTF-8', Uint8Array.of(0x5b, 0xff, 0x5d)],
    ['more text than a log has', new Uint8Array(DSTACK_LOG_SIZE_LIMIT + 1).fill(0x5b)],
    ['more entries than a log has', utf8(`[${'0,'.repeat(65_536)}0]`)],
  ])('%s', (_, bytes) => {
    expect(faultOf(() => parseDstackLog(bytes))).toMatchObject({
      code: 'malformed',
      at: 'event_log',
    });
  });
});

fuzz(
  'refuses damage with a Fault',
  damaged(dstack(separator, dstackEvent({ digest: v1 }))),
  (bytes) => {
    for (const event of orRefused(() => parseDstackLog(bytes))?.events ?? []) {
      expect(event.digest).toHaveLength(48);
    }
  },
);
