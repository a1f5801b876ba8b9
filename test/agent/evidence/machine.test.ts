import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCcel } from '../../../src/agent/evidence/ccel.ts';
import { nvidiaEvidence } from '../../../src/agent/evidence/nvidia-collector.ts';
import { readNvidiaEvidence } from '../../../src/evidence/nvidia/evidence-json.ts';
import { createBundleMachine } from '../../../src/simulator/bundle/simulate.ts';

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), 'postern-evidence-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

describe('the event log', () => {
  it('is the table and its data', async () => {
    const root = folder();
    mkdirSync(join(root, 'data'));
    writeFileSync(join(root, 'CCEL'), 'table');
    writeFileSync(join(root, 'data', 'CCEL'), 'log');
    const { table, log } = (await readCcel(root)) ?? {};
    expect([table, log].map((bytes) => Buffer.from(bytes ?? []).toString())).toEqual([
      'table',
      'log',
    ]);
  });

  it('is none where the firmware keeps none', async () => {
    expect(await readCcel(folder())).toBeUndefined();
  });

  it('is not taken for none where a half of it is there', async () => {
    const root = folder();
    writeFileSync(join(root, 'CCEL'), 'table');
    await expect(readCcel(root)).rejects.toMatchObject({ code: 'unreachable', at: 'ccel' });
    writeFileSync(join(root, 'CCEL'), 'x'.repeat(5000));
    await expect(readCcel(root)).rejects.toMatchObject({ code: 'unreachable', at: 'ccel' });
  });
});

const NONCE = new Uint8Array(32).fill(0x5a);

/** A program that answers as `nvattest` does, with the evidence of simulated devices. */
async function collector(change: (out: object, device: string) => unknown = (out) => out) {
  const { hardware } = await createBundleMachine({ gpus: 2, switches: 1 });
  const rows = JSON.parse(Buffer.from(await hardware.devices(NONCE)).toString());
  const root = folder();
  for (const [device, evidences] of [
    ['gpu', rows.slice(0, 2)],
    ['nvswitch', rows.slice(2)],
  ] as const) {
    const out = change({ evidences, result_code: 0, result_message: 'Ok' }, device);
    writeFileSync(join(root, device), typeof out === 'string' ? out : JSON.stringify(out));
  }
  const program = join(root, 'nvattest');
  const words = `collect-evidence --device $3 --nonce ${'5a'.repeat(32)} --format json`;
  writeFileSync(program, `#!/bin/sh\n[ "$*" = "${words}" ] || exit 3\ncat ${root}/$3\n`);
  chmodSync(program, 0o755);
  return { command: [program], gpus: 2, switches: 1, within: 30_000 };
}

describe('the collector', () => {
  it('is asked for GPUs and switches, and what it says is one list', async () => {
    const bytes = await nvidiaEvidence(NONCE, await collector());
    expect(readNvidiaEvidence(bytes)).toHaveLength(3);
  });

  it('is not asked where there is nothing', async () => {
    const none = { command: ['/nowhere'], gpus: 0, switches: 0, within: 1000 };
    expect(await nvidiaEvidence(NONCE, none)).toEqual(new Uint8Array());
  });

  const first = (out: object) => (out as { evidences: object[] }).evidences[0];
  it.each<[string, (out: object, device: string) => unknown, string]>([
    ['with a code', (out) => ({ ...out, result_code: 7 }), 'nvidia.gpu.result_code'],
    ['without a code', (out) => ({ ...out, result_code: undefined }), 'nvidia.gpu.result_code'],
    ['of one device fewer', (out) => ({ ...out, evidences: [first(out)] }), 'nvidia.gpu.evidences'],
    ['that is no JSON', () => 'Ok', 'nvidia.gpu'],
    [
      'without a chain',
      (out) => ({ ...out, evidences: [first(out), { ...first(out), certificate: undefined }] }),
      'nvidia.gpu.evidences[1].certificate',
    ],
    ['of a list alone', (out) => (out as { evidences: object[] }).evidences, 'nvidia.gpu'],
  ])('%s is refused', async (_name, change, at) => {
    await expect(nvidiaEvidence(NONCE, await collector(change))).rejects.toMatchObject({ at });
  });

  it('for another nonce is refused', async () => {
    const options = await collector();
    const other = new Uint8Array(32).fill(1);
    await expect(nvidiaEvidence(other, options)).rejects.toMatchObject({
      code: 'unreachable',
      detail: 'the collector ended with exit code 3',
    });
  });

  it.each([
    ['is not there', '', 'can’t be run (ENOENT)'],
    ['fails', 'exit 1', 'ended with exit code 1'],
    ['takes too long', 'exec sleep 100', 'took longer than 0.3 s'],
    ['writes without end', 'exec yes', 'writes more than 4194304 bytes'],
  ])('that %s', async (_name, script, detail) => {
    const program = join(folder(), 'nvattest');
    if (script !== '') {
      writeFileSync(program, `#!/bin/sh\n${script}\n`);
      chmodSync(program, 0o755);
    }
    const within = script.includes('sleep') ? 300 : 30_000;
    const refused = nvidiaEvidence(NONCE, { command: [program], gpus: 1, switches: 0, within });
    await expect(refused).rejects.toMatchObject({ detail: `the collector ${detail}` });
  });
});
