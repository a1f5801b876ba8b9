import type { BundleAnchors } from '../../appraisal/bundle/input.ts';
import { equalBytes } from '../../core/bytes/equal.ts';
import { malformed } from '../../core/fault.ts';
import { AMD_ROOTS } from '../../core/x509/amd-roots.ts';
import {
  anchorFromCertificate,
  INTEL_SGX_ROOT,
  type TrustAnchor,
} from '../../core/x509/anchors.ts';
import { NVIDIA_ROOTS } from '../../evidence/nvidia/anchors.ts';
import { blob, type Form, list, members, oneOf, text, unwritable } from '../form/form.ts';

/**
 * Whose word counted: a root that is pinned here by its name, and any other by its certificate.
 * A record can't make somebody's own root read as a vendor's: for a name it gets what is pinned
 * under it, and for a certificate never the kind `vendor`.
 */
export type RecordedAnchor =
  | { readonly vendor: string }
  | { readonly kind: 'custom' | 'simulator'; readonly certificate: Uint8Array };

type Anchors<Anchor> = {
  readonly [Slot in Exclude<keyof BundleAnchors, 'nvidia'>]: readonly Anchor[];
} & {
  readonly nvidia: { readonly [Slot in keyof BundleAnchors['nvidia']]: readonly Anchor[] };
};

export type RecordedAnchors = Anchors<RecordedAnchor>;

const MOST_ANCHORS = 64;

const named = members<{ vendor: string }>({ vendor: text(/^.{1,100}$/u, 'the name of a root') });
const shown = members<{ kind: 'custom' | 'simulator'; certificate: Uint8Array }>({
  kind: oneOf('custom', 'simulator'),
  certificate: blob,
});

const anchor: Form<RecordedAnchor> = {
  write: (value, path, sink) =>
    'vendor' in value ? named.write(value, path, sink) : shown.write(value, path, sink),
  read: (value, path, source) => {
    const byName = typeof value === 'object' && value !== null && 'vendor' in value;
    return byName ? named.read(value, path, source) : shown.read(value, path, source);
  },
};

const slot = list(anchor, MOST_ANCHORS);

export const recordedAnchors: Form<RecordedAnchors> = members<RecordedAnchors>({
  tdx: slot,
  snp: slot,
  nvidia: members<RecordedAnchors['nvidia']>({ device: slot, rim: slot }),
});

/**
 * What a record says of anchors that were used.
 *
 * @throws Fault `usage` for one that could not be made again: somebody else's root under a
 *   vendor's name or kind, or one whose kind or name is not what its certificate says.
 */
export function recordAnchors(anchors: BundleAnchors, path: string): RecordedAnchors {
  return mapped(anchors, path, (one, known, at) => {
    const pinned = known.find(({ name }) => one.kind === 'vendor' && name === one.name);
    const { der } = one.certificate;
    if (pinned && equalBytes(pinned.certificate.der, der)) return { vendor: pinned.name };
    const again = anchorFromCertificate(der, at);
    if (again.kind === 'vendor' || again.kind !== one.kind || again.name !== one.name) {
      throw unwritable(at, `${one.name} (${one.kind}) is not what its certificate makes it`);
    }
    return { kind: again.kind, certificate: der };
  });
}

/**
 * The anchors that a record names.
 *
 * @throws Fault `malformed` for a name that is not pinned for this use, and for a certificate
 *   that can't be read or is of another kind.
 */
export function anchorsOf(recorded: RecordedAnchors, path: string): BundleAnchors {
  return mapped(recorded, path, (one, known, at): TrustAnchor => {
    if ('vendor' in one) {
      const pinned = known.find(({ name }) => name === one.vendor);
      if (pinned) return pinned;
      throw malformed(`${at}.vendor`, `no such root is pinned: ${JSON.stringify(one.vendor)}`);
    }
    const made = anchorFromCertificate(one.certificate, `${at}.certificate`);
    if (made.kind === one.kind) return made;
    throw malformed(`${at}.kind`, `the certificate makes it ${made.kind}, got ${one.kind}`);
  });
}

/** Pinned for each use: Intel's root says nothing about a GPU. */
function mapped<From, To>(
  { tdx, snp, nvidia }: Anchors<From>,
  path: string,
  to: (anchor: From, known: readonly TrustAnchor[], at: string) => To,
): Anchors<To> {
  const all = (from: readonly From[], known: readonly TrustAnchor[], name: string) =>
    from.map((one, i) => to(one, known, `${path}.${name}[${i}]`));
  return {
    tdx: all(tdx, [INTEL_SGX_ROOT], 'tdx'),
    snp: all(snp, AMD_ROOTS, 'snp'),
    nvidia: {
      device: all(nvidia.device, NVIDIA_ROOTS.device, 'nvidia.device'),
      rim: all(nvidia.rim, NVIDIA_ROOTS.rim, 'nvidia.rim'),
    },
  };
}
