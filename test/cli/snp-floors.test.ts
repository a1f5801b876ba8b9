import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { snpFloorsVerb } from '../../src/cli/snp-floors.ts';
import { Args } from '../../src/cli/verb.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { Fault } from '../../src/core/fault.ts';

interface Named {
  readonly version: number;
  readonly cpuid?: readonly number[];
  readonly tcb: readonly number[];
}

/** A report that says only what this verb looks at; nobody signed it. */
function report({ version, cpuid = [], tcb }: Named): Uint8Array {
  const bytes = new Uint8Array(1184);
  bytes[0] = version;
  bytes[0x40] = 0x21;
  bytes.set(tcb, 0x180);
  bytes.set(cpuid, 0x188);
  return bytes;
}

const GENOA = report({ version: 3, cpuid: [0x19, 0x11, 1], tcb: [10, 0, 0, 0, 0, 0, 0x14, 0x54] });
const TURIN = report({ version: 5, cpuid: [0x1a, 0x02, 1], tcb: [1, 1, 1, 4, 0, 0, 0, 0x51] });
const UNNAMED = report({ version: 2, tcb: [3, 0, 0, 0, 0, 0, 8, 0x73] });
const VENICE = report({ version: 5, cpuid: [0x1a, 0x50, 0], tcb: [1, 1, 1, 4, 0, 0, 0, 0x51] });

async function floors(argv: readonly string[], file: Uint8Array | string = '') {
  let out = '';
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: () => {
      throw new Error('this verb has nothing to warn of');
    },
    readFile: () => Promise.resolve(typeof file === 'string' ? utf8(file) : file),
    fetch: () => Promise.reject(new Error('this verb must not use the network')),
    now: () => 0,
    pause: () => Promise.reject(new Error('this verb waits for nobody')),
    randomBytes: (length) => new Uint8Array(length),
    env: () => undefined,
    envNames: () => [],
    colours: false,
  };
  const exit = await snpFloorsVerb.run(io, new Args(snpFloorsVerb, argv));
  return { exit, out };
}

async function refusal(argv: readonly string[], file: Uint8Array): Promise<Fault> {
  const error: unknown = await floors(argv, file).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Fault) return error;
  throw new Error('accepted, but should have been refused', { cause: error });
}

describe('snp floors without a report', () => {
  it('lists every line with its highest floors, sources and weaknesses', async () => {
    const { exit, out } = await floors(['--json']);
    expect(exit).toBe(0);
    const table = JSON.parse(out);
    expect(table.floorsAsOf).toBe('2026-10-08');
    expect(table.products.map(({ product }: { product: string }) => product)).toEqual([
      'milan',
      'genoa',
      'turin',
    ]);
    expect(table.products[1]).toMatchObject({
      name: 'Genoa',
      highest: { snp: 0x1b },
      processors: expect.arrayContaining([
        {
          name: 'Genoa-X',
          cpuid: { family: 0x19, model: 0x11, stepping: 2 },
          highest: { snp: 0x1b, microcode: 0x51 },
        },
      ]),
    });
  });

  it('lists one line alone', async () => {
    const table = JSON.parse((await floors(['--json', '--product', 'turin'])).out);
    expect(table.products).toHaveLength(1);
    expect(JSON.stringify(table)).not.toContain('AMD-SB-3045');
  });

  it('tells people what was withdrawn and what is not known', async () => {
    const { out } = await floors(['--product', 'genoa']);
    expect(out).toContain('Genoa, all bulletins together: snp 0x1b\n');
    expect(out).toContain('withdrawn 2026-09-24');
    expect(out).toContain('Genoa, until then: snp 0x1c');
    expect(out).toContain('no number is known to this table');
    expect(out).toContain('What no report of Genoa can show');
    expect(out).not.toMatch(/ \n/);
  });
});

describe('snp floors with a report', () => {
  it.each([
    ['binary', GENOA],
    ['hex', toHex(GENOA)],
    ['base64', toBase64(GENOA)],
  ])('judges it: %s', async (_, file) => {
    const { exit, out } = await floors(['report', '--json'], file);
    expect(exit).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      product: 'genoa',
      cpuid: { family: 0x19, model: 0x11, stepping: 1 },
      reportedTcb: { bootLoader: 10, tee: 0, snp: 0x14, microcode: 0x54 },
      verified: false,
      bulletins: expect.arrayContaining([
        expect.objectContaining({
          id: 'AMD-SB-3019',
          state: 'below',
          because: 'below the fix for AMD-SB-3019: snp 0x17 wanted, 0x14 seen (reported TCB)',
        }),
      ]),
    });
  });

  it('says it to people, with the word that nothing was verified', async () => {
    const { exit, out } = await floors(['report'], TURIN);
    expect(exit).toBe(0);
    expect(out).toContain(
      'Turin, processor 1a/02/1, reported TCB fmc 0x01, bootLoader 0x01, tee 0x01, snp 0x04, microcode 0x51; not verified\n',
    );
    expect(out).toContain('at-or-above AMD-SB-3027');
    expect(out).toContain('undecided   AMD-SB-3030');
  });

  it('needs the product line of a report that names no processor', async () => {
    expect(await refusal(['report'], UNNAMED)).toMatchObject({ code: 'usage' });
    const { exit, out } = await floors(['report', '--product', 'milan', '--json'], UNNAMED);
    expect(exit).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ product: 'milan', cpuid: null });
    expect((await floors(['report', '--product', 'milan'], UNNAMED)).out).toContain(
      'processor not named',
    );
  });

  it.each([
    ['a line that is none', ['report', '--product', 'rome'], GENOA, 'usage'],
    ['another line than the report’s', ['report', '--product', 'milan'], GENOA, 'usage'],
    ['a processor without roots', ['report'], VENICE, 'unsupported'],
    ['half a report', ['report'], GENOA.subarray(0, 592), 'malformed'],
    ['a report with a tail', ['report'], new Uint8Array(1185), 'malformed'],
  ] as const)('refuses %s', async (_, argv, file, code) => {
    expect(await refusal(argv, file)).toMatchObject({ code });
  });
});
