import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tdxMeasureVerb } from '../../src/cli/tdx-measure.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { tdxReferenceValues } from '../../src/evidence/tdx/measure/reference-values.ts';
import { parseQuote } from '../../src/evidence/tdx/quote.ts';
import { kernelOf } from '../support/linux-kernel.ts';
import { peOf } from '../support/pe.ts';
import { tdvfOf } from '../support/tdvf.ts';
import { vectorsFolder } from '../support/vectors.ts';
import { honest, jsonOf, postern, files as simulated } from './fake-io.ts';
import { runVerb } from './snp-verb.ts';

const firmware = tdvfOf();
const kernel = kernelOf();
const initrd = Uint8Array.of(1, 2, 3);
const files = {
  'OVMF.fd': firmware,
  bzImage: kernel,
  'uki.efi': peOf(),
  initrd,
  ccel: honest.ccelLog,
  quote: honest.quote,
  'quote.hex': toHex(honest.quote),
  notes: 'no firmware',
  none: new Uint8Array(),
};

const measure = (argv: readonly string[]) => runVerb(tdxMeasureVerb, argv, files);
const tool = 'postern test';
const usual = tdxReferenceValues({
  tool,
  firmware: { image: firmware, order: 'page-by-page' },
  boot: {
    kernel: { image: kernel, setupHeader: 'as-is', initrd, cmdline: '-quiet' },
    separator: 'rtmr1',
  },
});

it('prints each register with where it is from', async () => {
  const argv = ['--firmware', 'OVMF.fd', '--kernel', 'bzImage', '--initrd', 'initrd'];
  const { exit, out, err } = await measure([...argv, '--cmdline=-quiet']);
  expect([exit, err]).toEqual([0, '']);
  expect(out).toBe(
    `mrTd   ${usual.mrTd} calculated\nrtmr1  ${usual.rtmr1} calculated\nrtmr2  ${usual.rtmr2} calculated\n`,
  );
});

it('prints the same as JSON, with what it was made from', async () => {
  const argv = ['--firmware', 'OVMF.fd', '--kernel', 'bzImage', '--initrd', 'initrd'];
  const { exit, out } = await measure([...argv, '--cmdline=-quiet', '--json']);
  const { provenance, ...values } = jsonOf({ out });
  const { provenance: want, ...wanted } = usual;
  expect([exit, values]).toEqual([0, wanted]);
  expect(provenance).toEqual({
    kind: 'calculated',
    tool: expect.stringMatching(/^postern \d+\.\d+\.\d+/),
    inputs: want.inputs,
  });
});

describe('takes the options for', () => {
  const base = { tool, firmware: { image: firmware, order: 'section-by-section' } } as const;
  const qemu = { image: kernel, setupHeader: 'qemu', initrd, cmdline: 'rw' } as const;
  it.each([
    {
      name: 'the order of pages',
      argv: ['--firmware', 'OVMF.fd', '--order', 'section-by-section'],
      want: tdxReferenceValues(base),
    },
    {
      name: 'a kernel that QEMU changes',
      argv: [
        ...['--kernel', 'bzImage', '--initrd', 'initrd', '--cmdline', 'rw'],
        ...['--setup-header', 'qemu', '--memory', '1024', '--separator', 'rtmr0'],
      ],
      want: tdxReferenceValues({
        tool,
        boot: { kernel: { ...qemu, memory: 2 ** 30 }, separator: 'rtmr0' },
      }),
    },
    {
      name: 'images in their order',
      argv: ['--image', 'uki.efi', '--image', 'bzImage'],
      want: tdxReferenceValues({ tool, boot: { images: [peOf(), kernel], separator: 'rtmr1' } }),
    },
  ])('$name', async ({ argv, want }) => {
    const { exit, out } = await measure([...argv, '--json']);
    const { provenance, ...values } = jsonOf({ out });
    const { provenance: wanted, ...expected } = want;
    expect([exit, values]).toEqual([0, expected]);
    expect(provenance).toMatchObject({ inputs: wanted.inputs });
  });
});

describe('compares with a quote', () => {
  const [rtmr0] = parseQuote(honest.quote).body.rtmrs;

  it('what a log tells, and says what is not compared', async () => {
    for (const name of ['quote', 'quote.hex']) {
      const { exit, out, err } = await measure(['--event-log', 'ccel', '--quote', name]);
      expect([exit, err]).toEqual([0, expect.stringContaining('not compared: mrTd')]);
      expect(out).toContain(`rtmr0  ${toHex(rtmr0)} observed\n       ✓ equal\n`);
    }
  });

  it('and exits with 1 where a register differs', async () => {
    const argv = ['--firmware', 'OVMF.fd', '--event-log', 'ccel', '--quote', 'quote'];
    const { exit, out } = await measure(argv);
    expect(exit).toBe(1);
    const { mrTd } = parseQuote(honest.quote).body;
    expect(out).toContain(`mrTd   ${usual.mrTd} calculated\n       ✗ different: ${toHex(mrTd)}\n`);
    const json = jsonOf(await measure([...argv, '--json']));
    expect(json).toMatchObject({ matches: false, differing: ['mrTd'] });
  });
});

it('tells with which options the same files would match', async () => {
  const made = { tool, firmware: { image: firmware, order: 'section-by-section' } } as const;
  const boot = {
    image: kernel,
    setupHeader: 'qemu',
    initrd,
    cmdline: 'rw',
    memory: 2 ** 33,
  } as const;
  const other = tdxReferenceValues({ ...made, boot: { kernel: boot, separator: 'rtmr0' } });
  const { body } = parseQuote(honest.quote);
  const quote = new Uint8Array(honest.quote);
  const put = (value: Uint8Array, hex = '') =>
    quote.set(Buffer.from(hex, 'hex'), value.byteOffset - honest.quote.byteOffset);
  put(body.mrTd, other.mrTd);
  put(body.rtmrs[1], other.rtmr1);
  const argv = ['--firmware', 'OVMF.fd', '--kernel', 'bzImage', '--initrd', 'initrd'];
  const more = ['--cmdline', 'rw', '--quote', 'quote'];
  const { exit, out } = await runVerb(tdxMeasureVerb, [...argv, ...more], { ...files, quote });
  expect(exit).toBe(1);
  expect(out).toContain('that mrTd is what the same files make with --order section-by-section\n');
  expect(out).toContain(
    'that rtmr1 is what the same files make with --separator rtmr0 --setup-header qemu --memory 4096\n',
  );
});

it('names the first event that files and log differ in', async () => {
  const { exit, out, err } = await measure(['--kernel', 'bzImage', '--event-log', 'ccel']);
  expect([exit, out]).toEqual([1, '']);
  expect(err).toContain('measure.event_log: event 1 of RTMR1: the files make ');
});

describe('refuses', () => {
  it.each<{ name: string; argv: readonly string[]; exit?: number; says: string }>([
    { name: 'no input', argv: [], says: 'give --firmware' },
    { name: 'an order alone', argv: ['--order', 'page-by-page'], says: '--firmware' },
    {
      name: 'an unknown order',
      argv: ['--firmware', 'OVMF.fd', '--order', 'random'],
      says: 'page-by-page or section-by-section',
    },
    { name: 'an initrd alone', argv: ['--initrd', 'initrd'], says: '--initrd goes with --kernel' },
    { name: 'a command line alone', argv: ['--cmdline', 'rw'], says: '--cmdline goes with' },
    { name: 'memory alone', argv: ['--memory', '1024'], says: '--memory goes with --kernel' },
    {
      name: 'a setup header alone',
      argv: ['--setup-header', 'qemu'],
      says: '--setup-header goes with --kernel',
    },
    { name: 'a disk alone', argv: ['--disk', 'none'], says: '--disk goes with --image' },
    { name: 'a separator alone', argv: ['--separator', 'rtmr0'], says: '--separator goes with' },
    {
      name: 'memory that is no number',
      argv: ['--kernel', 'bzImage', '--memory', '4G'],
      says: '--memory: want a whole number',
    },
    {
      name: 'an empty initrd',
      argv: ['--kernel', 'bzImage', '--initrd', 'none', '--cmdline', 'rw'],
      says: 'measure.initrd: is empty',
    },
    {
      name: 'what is no firmware',
      argv: ['--firmware', 'notes'],
      exit: 1,
      says: 'measure.firmware.table',
    },
    { name: 'an empty file', argv: ['--firmware', 'none'], exit: 1, says: 'measure.firmware' },
    {
      name: 'what is no kernel',
      argv: ['--kernel', 'notes'],
      exit: 1,
      says: 'measure.image.dos.signature',
    },
    {
      name: 'what is no log',
      argv: ['--event-log', 'notes'],
      exit: 1,
      says: 'event_log',
    },
    {
      name: 'what is no quote',
      argv: ['--firmware', 'OVMF.fd', '--quote', 'notes'],
      exit: 1,
      says: 'quote.header.version',
    },
    { name: 'a file that is not there', argv: ['--firmware', 'gone'], exit: 69, says: 'gone' },
  ])('$name', async ({ argv, exit = 64, says }) => {
    const ran = await measure(argv);
    expect([ran.exit, ran.out]).toEqual([exit, '']);
    expect(ran.err).toContain(says);
  });
});

it('is called by its name', async () => {
  const { exit, out } = await postern(['tdx', 'measure', '--event-log', 'ccel'], simulated);
  expect(exit).toBe(0);
  expect(out).toMatch(/^rtmr0 {2}[0-9a-f]{96} observed\n/);
});

const folder = vectorsFolder('tdx');

it.skipIf(folder === undefined)('a genuine log makes the registers of its quote', async () => {
  const genuine = (name: string) => readFileSync(join(folder ?? '', 'real/dstack-full', name));
  const ran = await runVerb(tdxMeasureVerb, ['--event-log', 'log', '--quote', 'quote', '--json'], {
    log: genuine('event-log.json'),
    quote: genuine('quote.bin'),
  });
  expect(jsonOf(ran)).toMatchObject({ matches: true, differing: [], notCompared: ['mrTd'] });
});
