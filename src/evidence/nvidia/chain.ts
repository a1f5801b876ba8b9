import type { Mismatch } from '../../core/mismatch.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { readCertificates } from '../../core/x509/certificate-files.ts';
import { anchorOf, linkProblem, roleProblem, rootProblem } from '../../core/x509/chain.ts';
import { CheckList } from '../check-list.ts';
import { endOf, UNBOUNDED } from '../until.ts';
import type { Check } from '../verdict.ts';
import { NVIDIA_CHECKS, type NvidiaCheckId } from './checks.ts';
import { type DeviceIdentity, identifyDevice } from './device.ts';
import { fwidOf } from './fwid.ts';
import { type Seat, seatsOf } from './roles.ts';

/** What a device's certificates say, whatever the report and the time. */
export interface DeviceChain {
  readonly checks: readonly Check[];
  /** Leaf, BROM, provisioner, identity, root; empty when they are not five. */
  readonly certificates: readonly Certificate[];
  readonly identity: DeviceIdentity | undefined;
  /** The firmware that the leaf was made for, `unreadable` when a check says so. */
  readonly fwid: Uint8Array | 'unreadable' | undefined;
  /** The anchor that the root is, if all below it is its own. */
  readonly anchor: TrustAnchor | undefined;
  /** When the first certificate ends, in milliseconds; infinite under no anchor. */
  readonly until: number;
}

const SEATS = seatsOf(
  'the leaf',
  'the BROM certificate',
  'the provisioner',
  'the identity CA',
  'the root',
);

const NOTHING = {
  certificates: [],
  identity: undefined,
  fwid: undefined,
  anchor: undefined,
  until: UNBOUNDED,
};

export function readDeviceChain(bytes: Uint8Array, anchors: readonly TrustAnchor[]): DeviceChain {
  const checks = new CheckList<NvidiaCheckId>(NVIDIA_CHECKS);
  const known = anchors.map(({ certificate }) => certificate);
  const certificates = checks.read('nvidia.chain.format', () =>
    five(readCertificates(bytes, 'chain', known)),
  );
  if (certificates === undefined) return { checks: checks.all, ...NOTHING };
  const [leaf, brom, provisioner, ca, root] = certificates;
  // It reads the leaf's extensions, which anybody could have written.
  const identity = checks.open('nvidia.chain.roles', () => identifyDevice(leaf, brom));
  const unfit = certificates
    .map((certificate, i) => roleProblem(certificate, SEATS[i] as Seat))
    .find((problem) => problem !== undefined);
  if (identity) checks.answer('nvidia.chain.roles', unfit);
  const unlinked =
    linkProblem(leaf, brom, 0) ??
    linkProblem(brom, provisioner, 1) ??
    linkProblem(provisioner, ca, 2) ??
    linkProblem(ca, root, 3);
  checks.answer('nvidia.chain.links', unlinked);
  const untrusted = rootProblem(root, anchors);
  checks.answer('nvidia.chain.root', untrusted);
  const fwid = readFwid(checks, leaf);
  const trusted = unlinked === undefined && untrusted === undefined;
  return {
    checks: checks.all,
    certificates,
    identity,
    fwid,
    anchor: trusted ? anchorOf(root, anchors) : undefined,
    until: trusted ? endOf(certificates) : UNBOUNDED,
  };
}

type Five = readonly [Certificate, Certificate, Certificate, Certificate, Certificate];

function five(certificates: readonly Certificate[]): Five | Mismatch {
  if (certificates.length === SEATS.length) return certificates as unknown as Five;
  const got = certificates.map(({ subject }) => subject.commonName || '(no common name)');
  return {
    want: `${SEATS.length} certificates, leaf first`,
    got: `${certificates.length}: ${got.join(', ')}`,
  };
}

function readFwid(
  checks: CheckList<NvidiaCheckId>,
  leaf: Certificate,
): Uint8Array | 'unreadable' | undefined {
  const read = checks.open('nvidia.device.fwid', () => ({ fwid: fwidOf(leaf) }));
  return read ? read.fwid : 'unreadable';
}
