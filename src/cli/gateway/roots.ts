import type { BundleAnchors } from '../../appraisal/bundle/input.ts';
import { Fault } from '../../core/fault.ts';
import { AMD_ROOTS } from '../../core/x509/amd-roots.ts';
import { INTEL_SGX_ROOT, type TrustAnchor } from '../../core/x509/anchors.ts';
import { NVIDIA_ROOTS } from '../../evidence/nvidia/anchors.ts';
import { readAnchor } from '../input.ts';
import { type Io, usage } from '../io.ts';
import type { AnchorsConfig } from './config.ts';

/**
 * Whose roots count: the vendors', or those that the configuration names in their place.
 *
 * @throws Fault `usage` for a root that can't be read, and for one of the simulator's where the
 *   configuration does not say so in as many words.
 */
export async function readRoots(io: Io, anchors: AnchorsConfig): Promise<BundleAnchors> {
  const roots = async (files: readonly string[], vendor: readonly TrustAnchor[]) =>
    files.length === 0 ? vendor : Promise.all(files.map((file) => readRoot(io, anchors, file)));
  return {
    tdx: await roots(anchors.intel, [INTEL_SGX_ROOT]),
    snp: await roots(anchors.amd, AMD_ROOTS),
    nvidia: {
      device: await roots(anchors.nvidia, NVIDIA_ROOTS.device),
      rim: await roots(anchors.nvidiaManifests, NVIDIA_ROOTS.rim),
    },
  };
}

async function readRoot(io: Io, { kind }: AnchorsConfig, path: string): Promise<TrustAnchor> {
  const file = await io.readFile(path);
  const anchor = orUsage(path, () => readAnchor(path, file));
  if (anchor.kind === kind) return anchor;
  throw usage(`${path}: is a ${anchor.kind} root, and anchors.kind says ${kind}`);
}

function orUsage<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    throw usage(`${path}: want one certificate, DER or PEM (${error.detail})`);
  }
}
