import { describe, expect, it } from 'vitest';
import { linesOf, vcekKeyOf } from '../../../src/endorsements/amd/report-key.ts';
import { wantedFor } from '../../../src/endorsements/amd/wanted.ts';
import type { SnpReport } from '../../../src/evidence/snp/report.ts';
import { amdWorld, key, parsed, world } from './world.ts';

const turin = await amdWorld({ product: 'turin' });
const v2 = await amdWorld({ version: 2 });
const vlek = await amdWorld({ signer: 'vlek' });
const report = parsed(world);

function refused(edit: Partial<SnpReport>, from = report) {
  return () => wantedFor({ ...from, ...edit });
}

it('names chip and TCB; on Turin by 8 bytes, the FMC among the TCB', () => {
  expect(vcekKeyOf(report)).toEqual(key);
  expect(vcekKeyOf(parsed(turin))).toEqual(turin.key);
  expect(turin.key).toMatchObject({ line: 'turin', tcb: '0101010400000051' });
  expect(turin.key.hwid).toHaveLength(16);
});

it('the processor goes before what the caller says', () => {
  expect(vcekKeyOf(report, 'milan')).toEqual(key);
});

describe('version 2 names no processor', () => {
  it('a long chip id is of Milan or Genoa', () => {
    expect(linesOf(parsed(v2))).toEqual(['milan', 'genoa']);
    expect(wantedFor(parsed(v2))).toMatchObject({
      line: undefined,
      vceks: [{ line: 'milan' }, { line: 'genoa', hwid: key.hwid, tcb: key.tcb }],
    });
    expect(vcekKeyOf(parsed(v2), 'genoa')).toEqual(key);
    expect(() => vcekKeyOf(parsed(v2))).toThrow('does not say whether it is Milan or Genoa');
    expect(() => vcekKeyOf(parsed(v2), 'turin')).toThrow(/Milan or Genoa/);
  });

  it('a short one is of Turin', async () => {
    const old = parsed(await amdWorld({ product: 'turin', version: 2 }));
    expect(vcekKeyOf(old)).toEqual(turin.key);
  });
});

describe('nothing can be asked for', () => {
  it('a VLEK, only what is above it', () => {
    expect(wantedFor(parsed(vlek))).toEqual({ signs: 'vlek', line: 'genoa', vceks: [] });
    expect(() => vcekKeyOf(parsed(vlek))).toThrow('report.key_info: a VLEK signed this report');
  });

  it('a VLEK of who knows which product', async () => {
    const unknown = parsed(await amdWorld({ signer: 'vlek', version: 2 }));
    expect(() => wantedFor(unknown)).toThrow('report.version: does not name the processor');
  });

  it.each([
    { name: 'no signer', edit: { keyInfo: 7 << 2 }, at: 'report.key_info', code: 'unsupported' },
    {
      name: 'a masked chip id',
      edit: { chipId: new Uint8Array(64) },
      at: 'report.chip_id',
      code: 'unsupported',
    },
    {
      name: 'Venice',
      edit: { cpuid: { family: 0x1a, model: 0x50, stepping: 0 } },
      at: 'report.cpuid',
      code: 'unsupported',
    },
    {
      name: 'no processor of AMD’s that we know',
      edit: { cpuid: { family: 6, model: 1, stepping: 0 } },
      at: 'report.cpuid',
      code: 'unsupported',
    },
    {
      name: 'a TCB with a reserved byte',
      edit: { reportedTcb: Uint8Array.of(1, 0, 0, 9, 0, 0, 1, 1) },
      at: 'report.reported_tcb',
      code: 'malformed',
    },
    {
      name: 'a long chip id on Turin',
      edit: { cpuid: { family: 0x1a, model: 2, stepping: 0 } },
      at: 'report.chip_id',
      code: 'malformed',
    },
  ])('$name', ({ edit, at, code }) => {
    expect(refused(edit)).toThrow(expect.objectContaining({ at, code }));
  });
});
