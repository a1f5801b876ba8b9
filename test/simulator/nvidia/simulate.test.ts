import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { fromPem } from '../../../src/core/encoding/pem.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { readNvidiaEvidence } from '../../../src/evidence/nvidia/evidence-json.ts';
import { parseOpaqueData } from '../../../src/evidence/nvidia/opaque.ts';
import { parseNvidiaReport } from '../../../src/evidence/nvidia/report.ts';
import { encodeNvidiaEvidence } from '../../../src/simulator/nvidia/evidence-json.ts';
import { NVIDIA_MODELS, type NvidiaModel } from '../../../src/simulator/nvidia/model.ts';
import { createNvidiaNode, simulateNvidiaNode } from '../../../src/simulator/nvidia/node.ts';
import { createNvidiaPlatform } from '../../../src/simulator/nvidia/platform.ts';
import { simulateNvidia } from '../../../src/simulator/nvidia/simulate.ts';
import { vectorsFolder } from '../../support/vectors.ts';

const NONCE = new Uint8Array(32).fill(0xa5);

it('makes the same bytes every time, and others for another seed', () => {
  const [first, again] = [1, 2].map(() => simulateNvidia({ ocsp: 'all' }));
  const other = simulateNvidia({ ocsp: 'all', seed: 'elsewhere' });
  expect(again).toEqual({ ...first, plan: again?.plan });
  for (const name of ['report', 'chain', 'rims', 'ocsp', 'roots'] as const) {
    expect(other[name]).not.toEqual(first?.[name]);
  }
});

it('makes one report after another on one platform', () => {
  const { report, plan } = createNvidiaPlatform({ model: 'gb100' });
  const [first, second] = [report(), report(NONCE)];
  expect(parseNvidiaReport(first).nonce).toEqual(plan.report.nonce);
  expect(parseNvidiaReport(second).nonce).toEqual(NONCE);
  expect(second.subarray(-96)).not.toEqual(first.subarray(-96));
});

it('names itself in its roots, so that nobody takes them for NVIDIA’s', () => {
  const { device, rim } = simulateNvidia().roots;
  expect(anchorFromCertificate(device, 'root').kind).toBe('simulator');
  expect(anchorFromCertificate(rim, 'root').kind).toBe('simulator');
});

describe('opaque data of each firmware', () => {
  it.each(Object.keys(NVIDIA_MODELS) as NvidiaModel[])('%s', (model) => {
    const { kind, driver, vbios, fields, modes } = NVIDIA_MODELS[model];
    const { report } = simulateNvidia({ model, mode: modes.at(-1) ?? 'spt' });
    const opaque = parseOpaqueData(parseNvidiaReport(report).opaque, kind);
    const sent = fields.filter((name) => name !== 'SWITCH_PDI' || modes.includes('ppcie'));
    expect(opaque.fields.map(({ name }) => name)).toEqual(sent);
    expect(opaque).toMatchObject({ vbiosVersion: vbios, ...(driver && { driverVersion: driver }) });
  });

  it('a GPU names its switches as their certificates are numbered', () => {
    const { devices } = simulateNvidiaNode();
    const opaque = devices.map(({ kind, report }) =>
      parseOpaqueData(parseNvidiaReport(report).opaque, kind),
    );
    const serials = devices.map(({ chain }) => {
      const brom = fromPem(Buffer.from(chain).toString('latin1'), 'CERTIFICATE', 'chain')[1];
      return parseCertificate(brom ?? new Uint8Array(), 'brom').serial.slice(2);
    });
    const named = new Set(opaque[0]?.switchPdis?.map(toHex));
    expect(named).toEqual(new Set(serials.slice(8)));
    expect(opaque[8]?.gpuPdis?.map(toHex)).toEqual(serials.slice(0, 8));
    expect(opaque.slice(8).map(({ devicePdi }) => devicePdi && toHex(devicePdi))).toEqual(
      serials.slice(8),
    );
  });
});

describe('a whole machine', () => {
  it('answers one challenge after another, all devices the same', () => {
    const { devices } = createNvidiaNode();
    const nonces = devices(NONCE).map(({ report }) => toHex(parseNvidiaReport(report).nonce));
    expect(nonces).toEqual(Array(12).fill(toHex(NONCE)));
  });

  it('has the manifests of each kind of device once', () => {
    expect(createNvidiaNode().rims).toHaveLength(3);
    expect(createNvidiaNode({ mode: 'mpt' }).rims).toHaveLength(2);
  });

  it('can be written as NVIDIA’s tools write it', () => {
    const { devices, plan } = simulateNvidiaNode({ gpus: 2, switches: 1 });
    const json = encodeNvidiaEvidence(devices, plan.nonce);
    const rows = JSON.parse(Buffer.from(json).toString('utf8'));
    expect(rows.map(({ arch }: { arch: string }) => arch)).toEqual(['HOPPER', 'HOPPER', 'LS10']);
    expect(readNvidiaEvidence(json)).toEqual(
      devices.map(({ report, chain }) => ({ report, chain })),
    );
  });

  it('is not made in a mode that its GPUs do not know', () => {
    expect(() => simulateNvidiaNode({ model: 'h100', mode: 'mpt' })).toThrow(RangeError);
  });
});

const VECTORS = vectorsFolder('nvidia');

describe.skipIf(VECTORS === undefined)('is shaped as the genuine thing', () => {
  const genuine = (path: string) => readFileSync(join(VECTORS ?? '', path));

  /** Everything but values and white space. */
  const skeleton = (xml: Uint8Array) =>
    Buffer.from(xml)
      .toString('latin1')
      .replace(/ ns2:Hash\d+="[^"]*"/g, '')
      .replace(/="[^"]*"/g, '')
      .replace(/>[^<]+</g, '><')
      .replace(/(?:<ns0:Resource [^>]*\/>)+/, '…');

  it('the manifests', () => {
    const { rims } = simulateNvidia();
    expect(skeleton(rims[0] ?? new Uint8Array())).toBe(
      skeleton(genuine('real/h100-550/rims/driver.xml')),
    );
  });

  it.each([
    ['h100', 'ppcie', 'real/ppcie-8-gpu-4-switch/gpu-0'],
    ['ls10', 'ppcie', 'real/ppcie-8-gpu-4-switch/switch-0'],
    ['gb100-575', 'spt', 'real/gb100-575'],
  ] as const)('the report and extensions of %s', (model, mode, path) => {
    const { kind } = NVIDIA_MODELS[model];
    const made = simulateNvidia({ model, mode });
    const shape = (report: Uint8Array) => {
      const { blocks, opaque, slotId } = parseNvidiaReport(report);
      const { fields } = parseOpaqueData(opaque, kind);
      return [blocks.length, slotId, fields.map(({ name, data }) => [name, data.length])];
    };
    expect(shape(made.report)).toEqual(shape(genuine(`${path}/report.bin`)));
    const extensions = (pem: Uint8Array) =>
      fromPem(Buffer.from(pem).toString('latin1'), 'CERTIFICATE', 'chain').map((der) =>
        [...parseCertificate(der, 'certificate').extensions].map(([oid, { critical }]) => [
          oid,
          critical,
        ]),
      );
    expect(extensions(made.chain)).toEqual(extensions(genuine(`${path}/chain.pem`)));
  });
});
