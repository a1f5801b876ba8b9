import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { Fault } from '../../../../src/core/fault.ts';
import { readEventLog } from '../../../../src/evidence/tdx/event-log/read.ts';
import { registerAfter, replay } from '../../../../src/evidence/tdx/event-log/replay.ts';
import { authenticodeSha384 } from '../../../../src/evidence/tdx/measure/authenticode.ts';
import type { DirectKernel, TdxBoot } from '../../../../src/evidence/tdx/measure/boot.ts';
import { bootEvents } from '../../../../src/evidence/tdx/measure/boot-events.ts';
import { kernelEvents } from '../../../../src/evidence/tdx/measure/kernel-events.ts';
import { mrTd } from '../../../../src/evidence/tdx/measure/mrtd.ts';
import { registersOfLog } from '../../../../src/evidence/tdx/measure/recorded-log.ts';
import {
  type TdxReferenceInputs,
  tdxReferenceValues,
} from '../../../../src/evidence/tdx/measure/reference-values.ts';
import {
  fillSetupHeader,
  SETUP_HEADERS,
} from '../../../../src/evidence/tdx/measure/setup-header.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { damaged, fuzz } from '../../../support/fuzz.ts';
import { kernelOf } from '../../../support/linux-kernel.ts';
import { peOf } from '../../../support/pe.ts';
import { tdvfOf } from '../../../support/tdvf.ts';
import { vectorsFolder } from '../../../support/vectors.ts';
import { ccel, measured } from '../event-log/build.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const tool = 'postern test';
const firmware = { image: tdvfOf(), order: 'page-by-page' } as const;
const initrd = Uint8Array.of(1, 2, 3);
const kernel: DirectKernel = { image: kernelOf(), setupHeader: 'as-is', initrd, cmdline: 'quiet' };
const boot: TdxBoot = { kernel, separator: 'rtmr1' };

const valuesOf = (inputs: Omit<TdxReferenceInputs, 'tool'>) =>
  tdxReferenceValues({ tool, ...inputs });

const rtmr1Of = (image: Uint8Array, more: readonly Uint8Array[] = []) =>
  toHex(
    registerAfter(
      bootEvents({
        direct: authenticodeSha384(image),
        images: more.map(authenticodeSha384),
        separator: 'rtmr1',
      }).map(({ digest }) => digest),
    ),
  );

describe('computes', () => {
  it('MRTD from the firmware, RTMR1 and RTMR2 from the kernel, nothing else', () => {
    const linux = kernelEvents({ cmdline: 'quiet initrd=initrd', initrd });
    expect(valuesOf({ firmware, boot })).toEqual({
      mrTd: toHex(mrTd(firmware.image, 'page-by-page')),
      rtmr1: rtmr1Of(kernelOf()),
      rtmr2: toHex(registerAfter(linux.map(({ digest }) => digest))),
      sources: { mrTd: 'calculated', rtmr1: 'calculated', rtmr2: 'calculated' },
      provenance: {
        kind: 'calculated',
        tool,
        inputs: {
          firmware: `sha256:${sha256(firmware.image)}`,
          order: 'page-by-page',
          kernel: `sha256:${sha256(kernelOf())}`,
          setupHeader: 'as-is',
          initrd: `sha256:${sha256(initrd)}`,
          cmdline: 'quiet initrd=initrd',
          separator: 'rtmr1',
        },
      },
    });
  });

  it('the kernel as QEMU changes it', () => {
    const memory = 2 ** 32;
    const changed = fillSetupHeader(kernelOf(), { cmdline: 'quiet', initrd: { size: 3, memory } });
    const qemu: DirectKernel = { ...kernel, setupHeader: 'qemu', memory };
    const { rtmr1, provenance } = valuesOf({ boot: { ...boot, kernel: qemu } });
    expect(rtmr1).toBe(rtmr1Of(changed));
    expect(provenance.inputs).toMatchObject({ setupHeader: 'qemu', memoryBytes: '4294967296' });
  });

  it('RTMR1 of a UKI, and of what it loads; of its command line it knows nothing', () => {
    const uki: DirectKernel = { image: peOf(), setupHeader: 'as-is' };
    const values = valuesOf({ boot: { kernel: uki, images: [kernelOf()], separator: 'rtmr1' } });
    expect(values).toMatchObject({ rtmr1: rtmr1Of(peOf(), [kernelOf()]) });
    expect(values).not.toHaveProperty('rtmr2');
    expect(Object.keys(values.provenance.inputs)).toContain('image1');
  });

  it('inputs that fit into a policy, however long or empty the command line', () => {
    for (const cmdline of ['', 'x'.repeat(501)]) {
      const { provenance } = valuesOf({
        boot: { kernel: { image: kernelOf(), setupHeader: 'as-is', cmdline }, separator: 'rtmr1' },
      });
      expect(provenance.inputs['cmdline']).toBe(`sha256:${sha256(Buffer.from(cmdline))}`);
    }
  });

  it('no RTMR2 without a command line, or from an empty one alone', () => {
    const { cmdline: _, initrd: __, ...bare } = kernel;
    for (const each of [bare, { ...bare, initrd }, { ...bare, cmdline: '' }]) {
      expect(valuesOf({ boot: { ...boot, kernel: each } })).not.toHaveProperty('rtmr2');
    }
  });
});

type LogEvent = readonly [rtmr: number, digest: Uint8Array];

function logOf(events: readonly LogEvent[]): Uint8Array {
  const EV_ACTION = 5;
  return ccel(
    ...events.map(([rtmr, digest]) => measured(rtmr + 1, EV_ACTION, digest, new Uint8Array())),
  );
}

/** A log of the same boot, with a word of RTMR0. */
function logOfBoot(more: readonly LogEvent[] = []): Uint8Array {
  const events: LogEvent[] = [[0, new Uint8Array(48).fill(9)]];
  const direct = authenticodeSha384(kernelOf());
  for (const { digest } of bootEvents({ direct, images: [], separator: 'rtmr1' })) {
    events.push([1, digest]);
  }
  for (const { digest } of kernelEvents({ cmdline: 'quiet initrd=initrd', initrd })) {
    events.push([2, digest]);
  }
  return logOf([...events, ...more]);
}

describe('takes from a recorded log', () => {
  it('the registers that it tells of', () => {
    const values = valuesOf({ eventLog: logOfBoot() });
    const computed = valuesOf({ boot });
    expect(values).toMatchObject({ rtmr1: computed.rtmr1, rtmr2: computed.rtmr2 });
    expect(values.provenance.kind).toBe('observed');
    expect(values.sources).toEqual({ rtmr0: 'observed', rtmr1: 'observed', rtmr2: 'observed' });
    // RTMR3 would be zero by this log, which does not say that it is.
    expect(values).not.toHaveProperty('rtmr3');
  });

  it('what the files don’t tell, when it agrees with them', () => {
    const { sources, provenance } = valuesOf({ firmware, boot, eventLog: logOfBoot() });
    expect(provenance.kind).toBe('observed');
    const computed = { mrTd: 'calculated', rtmr1: 'calculated', rtmr2: 'calculated' };
    expect(sources).toEqual({ ...computed, rtmr0: 'observed' });
  });

  it.each<{ name: string; inputs: Omit<TdxReferenceInputs, 'tool'>; detail: RegExp }>([
    {
      name: 'another kernel',
      inputs: {
        boot: { ...boot, kernel: { ...kernel, image: kernelOf({ fill: 7 }) } },
        eventLog: logOfBoot(),
      },
      detail: /^event 1 of RTMR1: .* \(image given with -kernel\), the log has /,
    },
    {
      name: 'another command line',
      inputs: { boot: { ...boot, kernel: { ...kernel, cmdline: 'rw' } }, eventLog: logOfBoot() },
      detail: /^event 1 of RTMR2: .* \(command line\), the log has /,
    },
    {
      name: 'one event more',
      inputs: { boot, eventLog: logOfBoot([[2, new Uint8Array(48)]]) },
      detail: /^event 3 of RTMR2: the files make no more, the log has 00/,
    },
    {
      name: 'a kernel that measured nothing',
      inputs: { boot, eventLog: logOf([[1, new Uint8Array(48)]]) },
      detail: /^event 1 of RTMR1: /,
    },
  ])('nothing of $name', ({ inputs, detail }) => {
    const fault = faultOf(() => valuesOf(inputs));
    expect(fault).toMatchObject({ code: 'malformed', at: 'measure.event_log' });
    expect(fault.detail).toMatch(detail);
  });

  it('nothing of a log without events', () => {
    const fault = faultOf(() => valuesOf({ eventLog: ccel() }));
    expect(fault).toMatchObject({ code: 'malformed', at: 'measure.event_log' });
  });
});

describe('refuses', () => {
  const { cmdline: _, ...silent } = kernel;
  it.each<{ name: string; inputs: Omit<TdxReferenceInputs, 'tool'>; at: string }>([
    { name: 'nothing', inputs: {}, at: 'measure' },
    { name: 'a boot of nothing', inputs: { boot: { separator: 'rtmr1' } }, at: 'measure.kernel' },
    {
      name: 'a disk beside a kernel from the VMM',
      inputs: { boot: { ...boot, disk: new Uint8Array(2048) } },
      at: 'measure.disk',
    },
    {
      name: 'an empty initrd',
      inputs: { boot: { ...boot, kernel: { ...kernel, initrd: new Uint8Array() } } },
      at: 'measure.initrd',
    },
    {
      name: 'a setup header of a UKI',
      inputs: { boot: { ...boot, kernel: { image: peOf(), setupHeader: 'qemu' } } },
      at: 'measure.setup_header',
    },
    {
      name: 'a command line of a UKI',
      inputs: { boot: { ...boot, kernel: { ...kernel, image: peOf() } } },
      at: 'measure.kernel',
    },
    {
      name: 'a setup header without a command line',
      inputs: { boot: { ...boot, kernel: { ...silent, setupHeader: 'qemu', memory: 2 ** 32 } } },
      at: 'measure.cmdline',
    },
    {
      name: 'a setup header with an initrd, but without memory',
      inputs: { boot: { ...boot, kernel: { ...kernel, setupHeader: 'qemu' } } },
      at: 'measure.memory',
    },
  ])('$name', ({ inputs, at }) => {
    expect(faultOf(() => valuesOf(inputs))).toMatchObject({ code: 'usage', at });
  });
});

fuzz('refuses damaged kernels with a Fault', damaged(kernelOf()), (image) => {
  for (const setupHeader of SETUP_HEADERS) {
    try {
      valuesOf({ boot: { ...boot, kernel: { ...kernel, image, setupHeader, memory: 2 ** 30 } } });
    } catch (error) {
      // A header may ask for an initrd where there is no room for one.
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
    }
  }
});

const folder = vectorsFolder('tdx');

it.skipIf(folder === undefined)('a genuine log gives the registers of its quote', () => {
  for (const name of ['dstack-full/event-log.json', 'gcp-cos-113/ccel.bin']) {
    const log = readFileSync(join(folder ?? '', 'real', name));
    const values = replay(readEventLog(log).events);
    const registers = registersOfLog(log);
    expect([...registers.keys()].toSorted()).toEqual(
      name.startsWith('d') ? [0, 1, 2, 3] : [0, 1, 2],
    );
    for (const [index, value] of registers) expect(value).toEqual(values[index]);
  }
});
