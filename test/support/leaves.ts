import type { Leaf, LeafType } from '../../src/ledger/leaf/leaf.ts';

const base = {
  v: 1,
  id: '00112233445566778899aabbccddeeff',
  time: Date.UTC(2026, 5, 1, 12, 0, 0, 5),
} as const;
const digest = `sha256:${'ab'.repeat(32)}`;
const salted = `hmac-sha256:${'cd'.repeat(32)}` as const;
const policy = { name: 'gpu-nodes', revision: 7, digest };
const until = Date.UTC(2026, 6, 1);

/** One of each type, and the decision with and without what it may lack. */
export const LEAVES: readonly Leaf[] = [
  { ...base, type: 'policy.published', policy },
  { ...base, type: 'policy.activated', policy },
  { ...base, type: 'policy.deprecated', policy, sunset: until },
  { ...base, type: 'policy.revoked', policy, reason: 'the image leaks its keys' },
  {
    ...base,
    type: 'decision',
    engine: 'postern/0.1.0',
    at: base.time - 2000,
    policy,
    verdict: 'reject',
    authentic: true,
    anchors: 'vendor',
    codes: ['bundle.nonce', 'tdx.tcb.status'],
    subject: salted,
    record: digest,
    ear: digest,
  },
  {
    ...base,
    type: 'decision',
    engine: 'postern/0.1.0',
    at: base.time - 2000,
    policy: null,
    verdict: 'accept',
    authentic: true,
    anchors: 'vendor',
    codes: [],
    subject: salted,
    record: digest,
  },
  { ...base, type: 'admission.granted', decision: base.id, until },
  { ...base, type: 'admission.refused', decision: base.id, code: 'fleet.hardware.taken' },
  { ...base, type: 'admission.revoked', admission: base.id, code: 'lease.expired' },
  { ...base, type: 'key.bound', decision: base.id, keyset: salted },
  {
    ...base,
    type: 'certificate.issued',
    decision: base.id,
    use: 'ssh-host',
    certificate: digest,
    authority: digest,
    bundle: digest,
    key: salted,
    names: salted,
    until,
  },
  { ...base, type: 'endorsements.seen', set: digest, kinds: ['ocsp', 'rim', 'tcb-info'] },
  { ...base, type: 'anchor.changed', vendor: 'nvidia.rim', anchor: digest, change: 'added' },
  {
    ...base,
    type: 'operator.override',
    operator: digest,
    action: 'admission.hold',
    until,
    reason: 'maintenance of rack 7, ticket 1234',
  },
  {
    ...base,
    type: 'gateway.started',
    engine: 'postern/0.1.0',
    origin: 'ledger.example/one',
    config: digest,
  },
];

export function leafOf(type: LeafType): Leaf {
  const found = LEAVES.find((leaf) => leaf.type === type);
  if (found === undefined) throw new Error(`no leaf of type ${type}`);
  return found;
}
