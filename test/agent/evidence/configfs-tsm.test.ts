import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  OF_THE_KERNEL,
  type TsmFiles,
  tsmReport,
} from '../../../src/agent/evidence/configfs-tsm.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';

const DATA = new Uint8Array(64).fill(9);
const OUT = Uint8Array.of(4, 0, 2);
const randomBytes = (length: number) => new Uint8Array(length).fill(0xab);

interface Ways {
  readonly provider?: string;
  readonly aux?: Uint8Array;
  readonly out?: Uint8Array;
  /** How many writes of others come behind each of ours. */
  readonly others?: readonly number[];
  readonly generation?: string;
}

/** The interface as the kernel's documentation has it. */
class FakeKernel implements TsmFiles {
  readonly entries = new Map<string, { generation: number; written: Uint8Array[] }>();
  readonly #ways: Ways;
  #writes = 0;

  constructor(ways: Ways = {}) {
    this.#ways = ways;
  }

  readonly makeEntry = async (path: string) => {
    this.entries.set(path, { generation: 0, written: [] });
  };
  readonly removeEntry = async (path: string) => {
    this.entries.delete(path);
  };
  readonly write = async (path: string, bytes: Uint8Array) => {
    const entry = this.#entry(path);
    entry.written.push(bytes);
    entry.generation += 1 + (this.#ways.others?.[this.#writes] ?? 0);
    this.#writes += 1;
  };
  readonly read = async (path: string) => {
    const { provider = 'tdx_guest', aux, out = OUT, generation } = this.#ways;
    const entry = this.#entry(path);
    const files: Record<string, Uint8Array | undefined> = {
      provider: utf8(`${provider}\n`),
      outblob: out,
      auxblob: aux,
      generation: utf8(generation ?? `${entry.generation}\n`),
    };
    const file = files[basename(path)];
    if (file === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' });
    return file;
  };

  #entry(path: string) {
    const entry = this.entries.get(dirname(path));
    if (entry === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' });
    return entry;
  }
}

const report = (files: FakeKernel, data = DATA) =>
  tsmReport(data, { root: '/tsm', randomBytes, files });

describe('a report', () => {
  it('is what the kernel gave for our data, and its entry is gone', async () => {
    const kernel = new FakeKernel();
    const made = await report(kernel);
    expect(made).toEqual({ provider: 'tdx_guest', out: OUT, aux: new Uint8Array() });
    expect(kernel.entries.size).toBe(0);
  });

  it('comes with the certificates of the host', async () => {
    const aux = Uint8Array.of(1);
    const made = await report(new FakeKernel({ provider: 'sev_guest', aux }));
    expect(made).toEqual({ provider: 'sev_guest', out: OUT, aux });
  });

  it('is asked for again where somebody else wrote between', async () => {
    const made = await report(new FakeKernel({ others: [1, 3] }));
    expect(made.out).toEqual(OUT);
  });

  it.each([
    ['where others write again and again', new FakeKernel({ others: [1, 1, 1, 1] }), 'generation'],
    ['of another provider', new FakeKernel({ provider: 'arm_cca_guest' }), 'provider'],
    ['that is empty', new FakeKernel({ out: new Uint8Array() }), 'outblob'],
    ['without a count', new FakeKernel({ generation: 'many' }), 'generation'],
    ['above any size', new FakeKernel({ out: new Uint8Array(2_000_000) }), 'outblob'],
  ])('%s is none', async (_name, kernel, at) => {
    await expect(report(kernel)).rejects.toMatchObject({ at: `tsm.${at}` });
    expect(kernel.entries.size).toBe(0);
  });

  it('is for 64 bytes', async () => {
    await expect(report(new FakeKernel(), new Uint8Array(48))).rejects.toMatchObject({
      code: 'usage',
    });
  });
});

describe('on a disk', () => {
  it('says where there is no such interface', async () => {
    const refused = tsmReport(DATA, { root: '/nowhere/tsm/report', randomBytes });
    await expect(refused).rejects.toMatchObject({ code: 'unreachable', at: 'tsm.entry' });
  });

  it('writes and reads files, and believes no folder whose count stands still', async () => {
    const root = mkdtempSync(join(tmpdir(), 'postern-tsm-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    // What configfs does when an entry is made can't be done from outside: it is done before.
    const entry = join(root, `postern-${'ab'.repeat(16)}`);
    const files: Record<string, string> = {
      inblob: '',
      outblob: 'q',
      provider: 'tdx_guest',
      generation: '5',
    };
    const makeEntry = async (path: string) => {
      mkdirSync(path);
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    };
    const refused = tsmReport(DATA, { root, randomBytes, files: { ...OF_THE_KERNEL, makeEntry } });
    await expect(refused).rejects.toMatchObject({ at: 'tsm.generation' });
    expect(new Uint8Array(readFileSync(join(entry, 'inblob')))).toEqual(DATA);
    expect(readdirSync(root)).toHaveLength(1);
  });
});
