import { expect } from 'vitest';
import { encodeNvidiaEvidence } from '../../src/simulator/nvidia/evidence-json.ts';
import { type SimulatedNvidiaNode, simulateNvidiaNode } from '../../src/simulator/nvidia/node.ts';
import { type SimulatedNvidia, simulateNvidia } from '../../src/simulator/nvidia/simulate.ts';
import { expectErrorJson } from './design-json.ts';
import { type Files, jsonOf, postern } from './fake-io.ts';
import { answerOf } from './snp-files.ts';

type Made = Pick<SimulatedNvidia, 'rims' | 'ocsp' | 'roots'>;

/** Manifests, OCSP responses and roots under the names that the tests use. */
function endorsementFiles({ rims, ocsp, roots }: Made): Record<string, Uint8Array> {
  return {
    ...Object.fromEntries(rims.map((xml, i) => [`rim-${i}`, xml])),
    ...Object.fromEntries(ocsp.map(({ response }, i) => [`ocsp-${i}`, response])),
    'root.der': roots.device,
    'rim-root.der': roots.rim,
  };
}

/** The files of a simulated device. */
export function nvidiaFilesOf(made: SimulatedNvidia): Record<string, Uint8Array | string> {
  return { report: made.report, chain: made.chain, ...endorsementFiles(made) };
}

/** The evidence JSON of a simulated machine, and what its vendor publishes. */
export function nodeFilesOf(made: SimulatedNvidiaNode): Record<string, Uint8Array | string> {
  const evidence = made.evidence ?? encodeNvidiaEvidence(made.devices, made.plan.nonce);
  return { 'evidence.json': evidence, ...endorsementFiles(made) };
}

export const NVIDIA_ROOT_OPTIONS = [
  ...['--trust-anchor', 'root.der', '--rim-trust-anchor', 'rim-root.der', '--offline'],
];

/** Every manifest and response among some files, as options. */
export function endorsementOptions(files: Files): readonly string[] {
  return Object.keys(files).flatMap((name) => {
    if (/^rim-\d/.test(name)) return ['--rim', name];
    return name.startsWith('ocsp-') ? ['--ocsp', name] : [];
  });
}

/** Made once a test file, with OCSP responses beside it: the same bytes each time. */
export const honestNvidia = simulateNvidia({ fault: 'ocsp_all' });
export const nvidiaFiles = nvidiaFilesOf(honestNvidia);

/** A verification of a device in which everything is in order, and OCSP is not asked. */
export const VERIFY_NVIDIA = [
  ...['verify', 'nvidia', 'report', '--chain', 'chain', '--rim', 'rim-0', '--rim', 'rim-1'],
  ...NVIDIA_ROOT_OPTIONS,
];

/** One command line over one device, in JSON. */
export async function verifiedNvidia(
  options: readonly string[] = [],
  changed: Files = {},
  argv: readonly string[] = VERIFY_NVIDIA,
) {
  const ran = await postern([...argv, '--json', ...options], { ...nvidiaFiles, ...changed });
  const kind = String(jsonOf(ran)['evidence']) === 'nvidia-switch' ? 'nvidia-switch' : 'nvidia-gpu';
  return { ...answerOf(ran, kind), err: ran.err };
}

type Fault = NonNullable<NonNullable<Parameters<typeof simulateNvidia>[0]>['fault']>;

/** The files of a case, and the command line that names all of them. */
export function caseOf(fault: Fault): { readonly files: Files; readonly argv: readonly string[] } {
  const files = nvidiaFilesOf(simulateNvidia({ fault }));
  const given = endorsementOptions(files);
  const argv = ['verify', 'nvidia', 'report', '--chain', 'chain', ...given, ...NVIDIA_ROOT_OPTIONS];
  return { files, argv };
}

export const honestNode = simulateNvidiaNode();
export const nodeFiles = nodeFilesOf(honestNode);

export const VERIFY_NODE = [
  ...['verify', 'nvidia', 'evidence.json', ...endorsementOptions(nodeFiles)],
  ...NVIDIA_ROOT_OPTIONS,
];

/** The kinds of the parts of the machine above. */
export const NODE_KINDS = [
  ...Array.from({ length: 8 }, () => 'nvidia-gpu' as const),
  ...Array.from({ length: 4 }, () => 'nvidia-switch' as const),
];

/** What is said of a command line that asks for nothing sensible. */
export async function nvidiaUsageOf(
  argv: readonly string[],
  files: Files = nvidiaFiles,
): Promise<string> {
  const ran = await postern([...argv, '--json'], files);
  expect(ran.exit).toBe(64);
  expectErrorJson(jsonOf(ran), 'usage');
  return ran.err;
}
