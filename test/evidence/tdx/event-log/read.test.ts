import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { readEventLog } from '../../../../src/evidence/tdx/event-log/read.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { ccel, dstack, dstackEvent, entry } from './build.ts';

describe('tells apart', () => {
  it.each([
    ['a binary log', ccel(entry()), 'ccel'],
    ['a JSON log', dstack(dstackEvent()), 'dstack'],
    ['a JSON log after white space', utf8(' \r\n\t[]'), 'dstack'],
  ])('%s', (_, bytes, format) => {
    expect(readEventLog(bytes).format).toBe(format);
  });
});

it.each([
  ['nothing', ''],
  ['white space', ' \n '],
  ['another JSON value', '{"event_log":[]}'],
  ['a quoted array', '"[]"'],
])('refuses %s', (_, text) => {
  expect(faultOf(() => readEventLog(utf8(text))).code).toBe('malformed');
});
