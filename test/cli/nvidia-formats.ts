import { expect } from 'vitest';
import { toHex } from '../../src/core/bytes/hex.ts';
import { fromUtf8 } from '../../src/core/bytes/text.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { encodeNvidiaEvidence } from '../../src/simulator/nvidia/evidence-json.ts';
import { statement, UEID } from '../support/nras.ts';
import { honestSmall } from './bundle-files.ts';
import { honestNode, honestNvidia } from './nvidia-files.ts';

const { report, chain, rims, ocsp, plan } = honestNvidia;
const [driver = report] = rims;
const [{ response } = { response: report }] = ocsp;

/** Evidence JSON of a GPU and a switch. */
export const TWO_DEVICES = encodeNvidiaEvidence(
  [honestNode.devices[0] ?? device(), honestNode.devices[11] ?? device()],
  honestNode.plan.nonce,
);

function device() {
  return { model: 'h100', report, chain } as const;
}

/** What inspect knows of NVIDIA and of bundles: as KNOWN of its tests. */
export const NVIDIA_FORMATS: readonly (readonly [string, string, Uint8Array | string, object])[] = [
  [
    'a report of NVIDIA’s',
    'NVIDIA attestation report',
    report,
    {
      nonce: toHex(plan.report.nonce),
      measurementBlocks: 64,
      driver: '590.12',
      vbios: '96.00.A5.00.01',
      mode: 'spt',
    },
  ],
  ['one in hex', 'NVIDIA attestation report', toHex(report), { driver: '590.12' }],
  ['one in base64', 'NVIDIA attestation report', toBase64(report), { driver: '590.12' }],
  [
    'evidence JSON',
    'NVIDIA evidence JSON',
    TWO_DEVICES,
    {
      devices: [
        expect.objectContaining({ driver: '590.12', hwModel: 'GH100 A01 GSP BROM' }),
        expect.objectContaining({ bios: '96.10.73.00.01', hwModel: 'LS_10 A01 FSP BROM' }),
      ],
    },
  ],
  [
    'evidence JSON of one device, under names of another age',
    'NVIDIA evidence JSON',
    JSON.stringify({ attestationReportHexStr: toHex(report), certificates: toBase64(chain) }),
    { devices: [expect.objectContaining({ driver: '590.12' })] },
  ],
  [
    'a manifest',
    'NVIDIA manifest (RIM)',
    driver,
    { product: 'GH100', edition: 'GPU', colloquialVersion: '590.12', manufacturerId: '5703' },
  ],
  [
    'a manifest in base64, as its service has it',
    'NVIDIA manifest (RIM)',
    toBase64(driver),
    { colloquialVersion: '590.12' },
  ],
  [
    'an OCSP response',
    'OCSP response, DER',
    response,
    {
      responseStatus: 'successful',
      responses: [expect.objectContaining({ status: 'good', hashAlgorithm: 'sha384' })],
    },
  ],
  [
    'an OCSP response that is a refusal',
    'OCSP response, DER',
    Uint8Array.of(0x30, 3, 0x0a, 1, 6),
    { responseStatus: 'unauthorized' },
  ],
  [
    'a statement of NVIDIA’s service',
    'NRAS token (detached EAT)',
    statement(),
    {
      issuer: 'https://nras.attestation.nvidia.com',
      overallResult: true,
      devices: [expect.objectContaining({ name: 'GPU-0', ueid: UEID, measres: 'success' })],
    },
  ],
  [
    'a bundle',
    'Postern bundle',
    honestSmall.bundle,
    {
      cpu: 'snp',
      cpuEvidenceBytes: 1184,
      vtpm: false,
      recipe: 'postern-v1',
      bindingInputs: ['recipe', 'purpose', 'nonce', 'keyset'],
      endorsements: expect.arrayContaining(['rims']),
      devices: [
        expect.objectContaining({ driver: '590.12' }),
        expect.objectContaining({ driver: '590.12' }),
      ],
    },
  ],
  [
    'a bundle in lines',
    'Postern bundle',
    JSON.stringify(JSON.parse(fromUtf8(honestSmall.bundle, 'bundle')), null, 2),
    { cpu: 'snp' },
  ],
];
