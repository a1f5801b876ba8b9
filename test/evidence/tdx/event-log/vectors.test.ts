import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { eventLogClaims } from '../../../../src/evidence/tdx/event-log/claims.ts';
import { compareWithRtmrs } from '../../../../src/evidence/tdx/event-log/compare.ts';
import { firstDeparture } from '../../../../src/evidence/tdx/event-log/departure.ts';
import { readEventLog } from '../../../../src/evidence/tdx/event-log/read.ts';
import { damaged, fuzz, orRefused } from '../../../support/fuzz.ts';
import { vectorsFolder } from '../../../support/vectors.ts';
import { asView } from '../../../support/view.ts';

interface Case {
  readonly id: string;
  readonly files: { readonly ccel?: string; readonly events?: string; readonly eventLog?: string };
  readonly expect: { readonly fields?: Record<string, string | number> };
}

const folder = vectorsFolder('tdx');
const file = (name = '') => readFileSync(join(folder ?? '', name));
const cases: readonly Case[] =
  folder === undefined ? [] : JSON.parse(file('manifest.json').toString());
const logs = cases.filter(({ files }) => files.events !== undefined);
const quoted = cases.filter(
  ({ files }) => (files.ccel ?? files.eventLog) && files.events === undefined,
);

describe.skipIf(folder === undefined)('published logs', () => {
  it('are all there', () => {
    expect(logs).toHaveLength(7);
    expect(quoted).toHaveLength(3);
  });

  it.each(logs)('$id reads and replays as expected', ({ files, expect: { fields } }) => {
    const bytes = file(files.ccel);
    const log = readEventLog(bytes);
    expect(eventLogClaims(log)).toMatchObject(fields ?? {});
    expect(eventLogClaims(readEventLog(asView(bytes)))).toEqual(eventLogClaims(log));
    const listed = log.events.map(({ register, type, digest, data }) => ({
      mr: register + 1,
      type,
      digestSha384: toHex(digest),
      dataLength: data.length,
    }));
    expect(listed).toEqual(JSON.parse(file(files.events).toString()));
  });

  it.each(quoted)(
    '$id replays to the four registers of its quote',
    ({ files, expect: { fields } }) => {
      const log = readEventLog(file(files.ccel ?? files.eventLog));
      const rtmrs = [0, 1, 2, 3].map((i) => Buffer.from(String(fields?.[`rtmr${i}`]), 'hex'));
      const outcomes = compareWithRtmrs(log, rtmrs).map(({ outcome }) => outcome);
      expect(outcomes).toEqual(['equal', 'equal', 'equal', 'equal']);
    },
  );

  it('of dstack prove every runtime event, version 1', () => {
    for (const name of ['dstack-full', 'dstack-lite']) {
      const log = readEventLog(file(`real/${name}/event-log.json`));
      const runtime = log.events.filter(({ register }) => register === 3);
      expect(runtime.map(({ coverage }) => coverage.of)).toEqual(
        runtime.map(() => 'name-and-data'),
      );
      expect(runtime.map((event) => event.name).slice(0, 3)).toEqual([
        'system-preparing',
        'app-id',
        'compose-hash',
      ]);
    }
  });

  it('of Google prove the kernel command line, not the kernel’s path', () => {
    const log = readEventLog(file('real/gcp-cos-113/ccel.bin'));
    const of = (index: number) => log.events.find((event) => event.index === index)?.coverage;
    expect(of(40)).toMatchObject({ of: 'part', part: 'command', start: 'kernel_cmdline: '.length });
    expect(of(39)).toMatchObject({ of: 'nothing' });
  });

  it('of two machines depart where the second firmware differs', () => {
    const [one, two] = ['full', 'lite'].map((name) =>
      readEventLog(file(`real/dstack-${name}/event-log.json`)),
    );
    if (one === undefined || two === undefined) throw new Error('no logs');
    expect(firstDeparture(one, two)).toMatchObject({ register: 0, position: 0, kind: 'changed' });
  });
});

if (folder !== undefined) {
  const small = ['event-logs/ovmf-full/ccel.bin', 'event-logs/dstack/ccel.bin'].map((name) =>
    Uint8Array.from(file(name).subarray(0, 2_500)),
  );
  const json = ['full', 'lite'].map((name) =>
    Uint8Array.from(file(`real/dstack-${name}/event-log.json`)),
  );
  fuzz('damaged logs are read or refused, never worse', damaged(...small, ...json), (bytes) => {
    const log = orRefused(() => readEventLog(bytes));
    if (log !== undefined) eventLogClaims(log);
  });
}
