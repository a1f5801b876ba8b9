import type { Check } from '../../evidence/verdict.ts';

/**
 * Trustworthiness claims (draft-ietf-rats-ar4si, section 2.3). Only those that this verifier can
 * say something about are ever other than 0.
 */
export const ASPECTS = [
  'instance-identity',
  'configuration',
  'executables',
  'file-system',
  'hardware',
  'runtime-opaque',
  'storage-opaque',
  'sourced-data',
] as const;

export type Aspect = (typeof ASPECTS)[number];

export type TrustVector = Readonly<Record<Aspect, number>>;

/** Tiers, by the first value of each: nothing claimed, affirming, warning, contraindicated. */
export const TIERS = { none: 0, affirming: 2, warning: 32, contraindicated: 96 } as const;

export type Tier = keyof typeof TIERS;

/** Whose identity, or what hardware, is not one that is known (AR4SI); all other failures are 96. */
const UNRECOGNIZED = 97;

/** Executables: what was loaded at boot is known. Nobody measures all that is loaded afterwards. */
const APPROVED_AT_BOOT = 3;

/** Without these nothing is known of what runs: a policy that skips one affirms no executables. */
const MEASURED: readonly string[] = [
  'policy.tdx.mr_td',
  'policy.tdx.rtmr1',
  'policy.tdx.rtmr2',
  'policy.snp.measurement',
  'policy.vtpm.pcrs',
];

/** Which aspect a check is about: the longest beginning of its id counts. */
const ASPECT_OF: readonly (readonly [prefix: string, aspect: Aspect])[] = [
  ['', 'hardware'],
  ['tdx.event_log.', 'executables'],
  ['tdx.td.', 'configuration'],
  ['tdx.report_data', 'configuration'],
  ['snp.policy.', 'configuration'],
  ['snp.report.vmpl', 'configuration'],
  ['snp.report_data', 'configuration'],
  ['snp.vek.hwid', 'instance-identity'],
  ['nvidia.rim.', 'executables'],
  ['nvidia.measurements', 'executables'],
  ['vtpm.pcrs.', 'executables'],
  ['bundle.', 'configuration'],
  ['policy.reference_set.', 'executables'],
  ['policy.tdx.mr_td', 'executables'],
  ['policy.tdx.rtmr', 'executables'],
  ['policy.tdx.attributes', 'configuration'],
  ['policy.tdx.xfam', 'configuration'],
  ['policy.tdx.mr_config_id', 'configuration'],
  ['policy.tdx.mr_owner', 'configuration'],
  ['policy.tdx.mr_service_td', 'configuration'],
  ['policy.snp.measurement', 'executables'],
  ['policy.snp.id_key_digest', 'executables'],
  ['policy.snp.author_key_digest', 'executables'],
  ['policy.snp.guest_svn', 'executables'],
  ['policy.snp.host_data', 'configuration'],
  ['policy.snp.family_id', 'configuration'],
  ['policy.snp.image_id', 'configuration'],
  ['policy.snp.guest_policy', 'configuration'],
  ['policy.snp.min_abi', 'configuration'],
  ['policy.snp.vmpl', 'configuration'],
  ['policy.gpu.mode', 'configuration'],
  ['policy.gpu.release', 'executables'],
  ['policy.gpu.distinct', 'instance-identity'],
  ['policy.nvswitch.bios', 'executables'],
  ['policy.nvswitch.distinct', 'instance-identity'],
  ['policy.vtpm.pcrs', 'executables'],
  ['policy.binding.', 'configuration'],
  ['policy.workload.agent_config', 'configuration'],
  ['policy.workload.weights', 'executables'],
  ['policy.deployment.', 'instance-identity'],
  ['policy.log.', 'executables'],
];

export function aspectOf(id: string): Aspect {
  let found: (typeof ASPECT_OF)[number] = ['', 'hardware'];
  for (const row of ASPECT_OF) {
    if (id.startsWith(row[0]) && row[0].length >= found[0].length) found = row;
  }
  return found[1];
}

/**
 * What answers come to, aspect by aspect: contraindicated where one failed, nothing where one
 * is open or all were waived, affirming where all passed.
 *
 * @param authentic whether the vendor's hardware said so; hardware that did not is not known.
 */
export function trustVector(checks: readonly Check[], authentic: boolean): TrustVector {
  const vector = Object.fromEntries(ASPECTS.map((aspect) => [aspect, 0])) as Record<Aspect, number>;
  const open = new Set<Aspect>();
  for (const { id, outcome } of checks) {
    const aspect = aspectOf(id);
    if (outcome === 'fail') {
      const unknown = aspect === 'instance-identity' || (aspect === 'hardware' && !authentic);
      vector[aspect] = unknown ? UNRECOGNIZED : TIERS.contraindicated;
    } else if (outcome === 'unresolved' || (outcome === 'skipped' && MEASURED.includes(id))) {
      open.add(aspect);
    } else if (outcome === 'pass' && vector[aspect] === 0) {
      vector[aspect] = aspect === 'executables' ? APPROVED_AT_BOOT : TIERS.affirming;
    }
  }
  for (const aspect of open) if (tierOf(vector[aspect]) === 'affirming') vector[aspect] = 0;
  return vector;
}

/** The tier that a value of a claim lies in. */
export function tierOf(value: number): Tier {
  if (value >= TIERS.contraindicated) return 'contraindicated';
  if (value >= TIERS.warning) return 'warning';
  return value >= TIERS.affirming ? 'affirming' : 'none';
}

/** From what says most for somebody to what says least. */
const ORDER: readonly Tier[] = ['affirming', 'warning', 'none', 'contraindicated'];

/** Of several: the one that says least. An empty list says nothing. */
export function worstTier(tiers: readonly Tier[]): Tier {
  if (tiers.length === 0) return 'none';
  return ORDER[Math.max(...tiers.map((tier) => ORDER.indexOf(tier)))] ?? 'contraindicated';
}
