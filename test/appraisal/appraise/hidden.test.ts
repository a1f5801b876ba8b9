import { describe, expect, it } from 'vitest';
import { sha384 } from '#crypto';
import type { BundleVerification } from '../../../src/appraisal/bundle/verifier.ts';
import type { SnpRules } from '../../../src/appraisal/policy/schema/snp.ts';
import type { TdxRules } from '../../../src/appraisal/policy/schema/tdx.ts';
import type { LogHygiene } from '../../../src/appraisal/policy/schema/whole.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { SnpVerification } from '../../../src/evidence/snp/verifier.ts';
import type { LoggedEvent } from '../../../src/evidence/tdx/event-log/event.ts';
import { isNamed } from '../../../src/evidence/tdx/event-log/event-name.ts';
import { EV_IPL } from '../../../src/evidence/tdx/event-log/event-types.ts';
import type { TdxVerification } from '../../../src/evidence/tdx/verifier.ts';
import {
  challenged,
  codesOf,
  decidedBy,
  type Editable,
  policyFor,
  wholeMachine,
} from '../../support/policy.ts';

const tdx = challenged(await wholeMachine());
const snp = challenged(await wholeMachine({ cpu: 'snp' }));
const cpuOf = ({ pieces }: BundleVerification) => pieces.cpu as TdxVerification;
const events = cpuOf(tdx).eventLog?.log.events ?? [];

function withCpu(whole: BundleVerification, changes: object): BundleVerification {
  const cpu = Object.create(whole.pieces.cpu ?? {}, Object.getOwnPropertyDescriptors(changes));
  const value = { ...whole.pieces, cpu };
  return Object.defineProperty(Object.create(whole), 'pieces', { value });
}

/** The machine with another log, which replays all the same. */
function withEvents(change: (events: readonly LoggedEvent[]) => readonly LoggedEvent[]) {
  const { eventLog } = cpuOf(tdx);
  if (eventLog === undefined) throw new Error('no log');
  const log = { ...eventLog.log, events: change(eventLog.log.events) };
  return withCpu(tdx, { eventLog: { ...eventLog, log } });
}

/** An event of RTMR3 whose author shows its digest and nothing else. */
const nameless: LoggedEvent = {
  index: 99,
  register: 3,
  type: 1,
  digest: new Uint8Array(48).fill(0xee),
  data: new Uint8Array(),
  coverage: { of: 'nothing', because: 'left out' },
};
const joined = (name: string): LoggedEvent => ({
  ...nameless,
  type: 0x0800_0001,
  name,
  coverage: { of: 'joined' },
});
const more = (event: LoggedEvent) => withEvents((all) => [...all, event]);

const compose = events.find(({ name }) => name === 'compose-hash');
const STORY = {
  eventLog: [
    {
      event: 'compose-hash',
      digests: [toHex(compose?.digest ?? new Uint8Array())],
      occurs: 'once' as const,
    },
  ],
  otherEvents: 'allow' as const,
};

function storied(skipWeights = true) {
  return policyFor(tdx, ({ spec }) => {
    const [set] = (spec.evidence.cpu as Editable<TdxRules>).referenceSets;
    if (set === undefined) throw new Error('no set');
    delete set.recordedEvents;
    set.rtmr3 = structuredClone(STORY) as never;
    if (skipWeights) spec.workload.weightsSha256 = { skip: 'not what this is about' };
  });
}

describe('an event whose name the log does not show', () => {
  it('may be any', () => {
    expect(isNamed(nameless, 'compose-hash')).toBe('unknown');
    expect(isNamed(joined('compose-hash:'), 'compose-hash')).toBe('unknown');
    expect(isNamed(joined('compose-hash:ab'), 'compose-hash')).toBe('unknown');
    expect(isNamed(joined('other:compose-hash'), 'compose-hash')).toBe('no');
    expect(isNamed(joined('a:b:c'), 'a:b')).toBe('unknown');
    expect(compose && isNamed(compose, 'compose-hash')).toBe('yes');
    expect(compose && isNamed(compose, 'compose')).toBe('no');
  });

  it('may be the one that a story tells of, with another content', () => {
    expect(codesOf(decidedBy(storied(), tdx))).toEqual([]);
    for (const event of [nameless, joined('compose-hash:')]) {
      expect(codesOf(decidedBy(storied(), more(event)))).toEqual(['unresolved:policy.tdx.rtmr3']);
    }
    expect(codesOf(decidedBy(storied(), more(joined('other:event'))))).toEqual([]);
    expect(codesOf(decidedBy(storied(), more({ ...nameless, register: 1 })))).toEqual([]);
  });

  it('may be the weights', () => {
    expect(codesOf(decidedBy(storied(false), tdx))).toEqual([]);
    expect(codesOf(decidedBy(storied(false), more(joined('postern/weights/v1:'))))).toEqual([
      'unresolved:policy.workload.weights',
    ]);
  });

  it('may be one that is forbidden', () => {
    const policy = policyFor(tdx, ({ spec }) => {
      spec.logHygiene.events = { forbid: ['debug-shell'] };
      spec.workload.weightsSha256 = { skip: 'not what this is about' };
    });
    expect(codesOf(decidedBy(policy, tdx))).toEqual([]);
    expect(codesOf(decidedBy(policy, more(nameless)))).toEqual(['unresolved:policy.log.events']);
  });
});

describe('a revoked reference set that is known by its events', () => {
  const policy = policyFor(tdx, ({ spec }) => {
    const cpu = spec.evidence.cpu as Editable<TdxRules>;
    const [set] = cpu.referenceSets;
    if (set === undefined) throw new Error('no set');
    delete set.recordedEvents;
    spec.workload.weightsSha256 = { skip: 'not what this is about' };
    const lifecycle = {
      state: 'revoked' as const,
      revokedAt: '2026-01-01T00:00:00Z',
      reason: 'a leaked key',
    };
    cpu.referenceSets = [
      { ...set, rtmr3: { skip: 'any application' } },
      { ...set, id: 'recalled', rtmr3: structuredClone(STORY) as never, lifecycle },
    ];
  });

  it('is refused with the log', () => {
    expect(codesOf(decidedBy(policy, tdx))).toEqual(['fail:policy.reference_set.lifecycle']);
  });

  it('stays open without it', () => {
    const result = decidedBy(policy, withCpu(tdx, { eventLog: undefined }));
    expect(codesOf(result)).toEqual(['unresolved:policy.reference_set.lifecycle']);
    expect(result.reasons[0]?.text).toMatch(
      /^reference set recalled, which is revoked, can’t be told/,
    );
  });

  it('is refused whatever was measured besides, under whatever name', () => {
    if (compose === undefined) throw new Error('no event');
    for (const event of [compose, { ...compose, digest: nameless.digest }, nameless]) {
      expect(codesOf(decidedBy(policy, more(event)))).toEqual([
        'fail:policy.reference_set.lifecycle',
      ]);
    }
  });

  it('is passed where its software was not measured', () => {
    const other = withEvents((all) => all.filter((event) => event !== compose));
    expect(codesOf(decidedBy(policy, other))).toEqual([]);
  });
});

describe('the kernel’s command line', () => {
  const logged = (...lines: readonly string[]) =>
    withEvents((all) => [
      ...all,
      ...lines.map(
        (line): LoggedEvent => ({
          ...nameless,
          register: 2,
          type: EV_IPL,
          data: utf8(`kernel_cmdline: ${line}\0`),
          coverage: { of: 'part', part: 'command', start: 16, end: 16 + line.length },
        }),
      ),
    ]);
  const rule = { forbid: ['console=*'], require: ['lockdown=confidentiality'] };
  const asked = (commandLine: LogHygiene['commandLine'], whole: BundleVerification) =>
    codesOf(
      decidedBy(
        policyFor(tdx, ({ spec }) => {
          spec.logHygiene.commandLine = structuredClone(commandLine) as never;
        }),
        whole,
      ),
    );

  it('is as wanted', () => {
    expect(asked(rule, logged('quiet lockdown=confidentiality'))).toEqual([]);
    expect(asked(rule, logged('console=ttyS0 lockdown=confidentiality'))).toEqual([
      'fail:policy.log.command_line',
    ]);
  });

  it('has what is required in each that was measured: any may be the one that booted', () => {
    const both = logged('lockdown=confidentiality', 'quiet');
    expect(asked(rule, both)).toEqual(['fail:policy.log.command_line']);
  });

  it.each([
    ['UTF-16 with its end', (line: string) => Buffer.from(`${line}\0`, 'utf16le')],
    ['UTF-16', (line: string) => Buffer.from(line, 'utf16le')],
    ['bytes', (line: string) => Buffer.from(line)],
    ['bytes with their end', (line: string) => Buffer.from(`${line}\0`)],
  ])('is known by its hash alone where the policy has the text: %s', (_how, encode) => {
    const text = 'quiet lockdown=confidentiality';
    const measured = (line: string) =>
      withEvents((all) => [...all, { ...nameless, register: 2, digest: sha384(encode(line)) }]);
    const known = { ...rule, text };
    expect(asked(known, measured(text))).toEqual([]);
    expect(asked(known, measured(`${text} `))).toEqual(['unresolved:policy.log.command_line']);
    const bad = { ...rule, text: `console=ttyS0 ${text}` };
    expect(asked(bad, measured(bad.text))).toEqual(['fail:policy.log.command_line']);
  });

  it('has what is required for the kernel itself, as it reads it', () => {
    for (const line of ['quiet -- lockdown=confidentiality', 'lock"down=confidentiality"']) {
      expect(asked(rule, logged(line))).toEqual(['fail:policy.log.command_line']);
    }
  });

  it('is not judged where the kernel splits it in another way', () => {
    const odd = logged('lockdown=confidentiality x\u00e0console=ttyS0');
    expect(asked(rule, odd)).toEqual(['unresolved:policy.log.command_line']);
  });

  it('is looked for where boot loaders measure it only', () => {
    const elsewhere = logged('lockdown=confidentiality');
    const log = cpuOf(elsewhere).eventLog;
    const moved = log?.log.events.map((event) =>
      event.index === 99 ? { ...event, register: 0 as const } : event,
    );
    const whole = withEvents(() => moved ?? []);
    expect(asked(rule, whole)).toEqual(['unresolved:policy.log.command_line']);
  });
});

describe('what is tied to nothing', () => {
  it('nonces of devices, by a recipe that ties them to no CPU', () => {
    const { binding } = tdx;
    const value = { ...binding, deviceNonce: undefined };
    const whole = Object.defineProperty(Object.create(tdx), 'binding', { value });
    expect(codesOf(decidedBy(policyFor(tdx), whole))).toEqual([
      'unresolved:policy.gpu.challenge',
      'unresolved:policy.nvswitch.challenge',
    ]);
  });

  it('firmware that can be taken back, its SVNs those of the committed', () => {
    const { report } = snp.pieces.cpu as SnpVerification;
    if (report === undefined) throw new Error('no report');
    const running = (major: number, minor: number, build: number) =>
      withCpu(snp, { report: { ...report, currentVersion: { major, minor, build } } });
    const { major, minor, build } = report.committedVersion;
    const policy = policyFor(snp);
    expect((policy.spec.evidence.cpu as SnpRules).provisionalFirmware).toBe('forbid');
    for (const later of [
      running(major, minor, build + 1),
      running(major, minor + 1, 0),
      running(major + 1, 0, 0),
    ]) {
      expect(codesOf(decidedBy(policy, later))).toEqual(['fail:policy.snp.provisional_firmware']);
    }
    expect(codesOf(decidedBy(policy, running(major, minor, build)))).toEqual([]);
  });
});
