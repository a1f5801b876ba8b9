import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { NVIDIA_DEVICE_ROOT, NVIDIA_RIM_ROOT } from '../../core/x509/nvidia-roots.ts';

/** Whose word counts about devices, and whose about manifests. */
export interface NvidiaAnchors {
  readonly device: readonly TrustAnchor[];
  readonly rim: readonly TrustAnchor[];
}

/** NVIDIA's own, pinned. */
export const NVIDIA_ROOTS: NvidiaAnchors = {
  device: [NVIDIA_DEVICE_ROOT],
  rim: [NVIDIA_RIM_ROOT],
};
