import { sha384 } from '#crypto';
import type { BundleCheckId } from '../../appraisal/bundle/checks.ts';
import type { BundleExpectation } from '../../appraisal/bundle/input.ts';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { sshEd25519Blob } from '../../core/ssh/public-key.ts';
import type { NvidiaTopologyCheckId } from '../../evidence/nvidia/checks.ts';
import { deriveBytes } from '../keys.ts';
import { type BundlePlan, type BundlePlanOptions, standardKeyset } from './plan.ts';

/** What was asked beyond the baseline, to be made once the evidence is there. */
export type BundleQuestions = BundleExpectation;

/**
 * One thing that is out of the ordinary about a bundle as a whole, with the answers that a
 * verifier owes about the whole; its pieces have faults of their own.
 */
export interface BundleFault {
  readonly describes: string;
  readonly fails?: readonly (BundleCheckId | NvidiaTopologyCheckId)[];
  readonly unresolved?: readonly (BundleCheckId | NvidiaTopologyCheckId)[];
  readonly options?: Omit<BundlePlanOptions, 'seed'>;
  readonly apply?: (plan: BundlePlan) => void;
  readonly asks?: (plan: BundlePlan) => BundleQuestions;
}

type BundleFaults = Readonly<Record<string, BundleFault>>;

/** Cases about what binds the pieces need no more than these. */
const SMALL = { gpus: 2, switches: 0, mode: 'spt' } as const;

const asked = ({ nonce, purpose, keyset }: BundlePlan): BundleQuestions => ({
  nonce,
  purpose,
  keysetSha384: sha384(keyset),
  recipes: ['postern-v1'],
});

/** Right, and to be accepted. */
export const BUNDLE_VARIANTS = {
  bundle: { describes: 'TDX, eight GPUs and four switches' },
  bundle_asked: {
    describes: 'challenge, purpose, keyset, recipe and counts as they were asked for',
    options: SMALL,
    asks: (plan) => ({ ...asked(plan), devices: { gpu: 2, switch: 0 } }),
  },
  bundle_snp: { describes: 'SEV-SNP and two GPUs', options: { ...SMALL, cpu: 'snp' } },
  bundle_cpu_alone: {
    describes: 'a CPU without devices',
    options: { gpus: 0, switches: 0, mode: 'spt' },
  },
  bundle_weights: {
    describes: 'a digest of the weights in RTMR3',
    options: { ...SMALL, weights: Uint8Array.from({ length: 32 }, (_, i) => i) },
  },
} as const satisfies BundleFaults;

/** Everything that can be wrong with what holds a bundle together, each in one way only. */
export const BUNDLE_FAULTS = {
  not_json: {
    describes: 'a file that is no JSON',
    fails: ['bundle.format'],
    options: SMALL,
    apply: (plan) => {
      plan.afterDocument = () => 'quote';
    },
  },
  unknown_member: {
    describes: 'a member that nobody knows',
    fails: ['bundle.format'],
    options: SMALL,
    apply: (plan) => {
      plan.afterDocument = (document) => ({ ...document, trust_me: true });
    },
  },
  without_cpu: {
    describes: 'devices without a CPU that vouches for them',
    fails: ['bundle.cpu'],
    unresolved: ['bundle.binding.report_data'],
    options: SMALL,
    apply: (plan) => {
      plan.afterDocument = ({ cpu: _, ...document }) => document;
    },
  },
  keyset_malformed: {
    describes: 'a keyset with a member that nobody knows, bound as it is',
    fails: ['bundle.binding.format'],
    options: SMALL,
    apply: (plan) => {
      plan.keyset = utf8(fromUtf8(plan.keyset, 'keyset').replace('"v":1', '"v":1,"more":1'));
    },
  },
  keyset_swapped: {
    describes: 'a relay put a keyset of its own beside genuine evidence',
    fails: ['bundle.binding.report_data', 'bundle.binding.device_nonce'],
    options: SMALL,
    apply: (plan) => {
      plan.afterDocument = (document) => withBinding(document, { keyset: otherKeyset(plan) });
    },
  },
  keyset_expired: {
    describes: 'keys that were to be used a year ago',
    fails: ['bundle.keyset.validity'],
    options: SMALL,
    apply: (plan) => {
      plan.keyset = utf8(
        fromUtf8(plan.keyset, 'keyset').replace(
          /20(\d\d)(?=-)/g,
          (_, year) => `20${Number(year) - 1}`,
        ),
      );
    },
  },
  keyset_not_the_pinned: {
    describes: 'another keyset than the one that was asked for',
    fails: ['bundle.keyset'],
    options: SMALL,
    asks: (plan) => ({ ...asked(plan), keysetSha384: sha384(utf8('another')) }),
  },
  replayed: {
    describes: 'evidence for an earlier challenge',
    fails: ['bundle.nonce'],
    options: SMALL,
    asks: (plan) => ({ ...asked(plan), nonce: deriveBytes(plan.seed, 'a later challenge', 32) }),
  },
  replayed_under_new_challenge: {
    describes: 'old evidence with the new challenge written beside it',
    fails: ['bundle.binding.report_data', 'bundle.binding.device_nonce'],
    options: SMALL,
    apply: (plan) => {
      plan.afterDocument = (document) => withBinding(document, { nonce: 'ab'.repeat(32) });
    },
    asks: (plan) => ({ ...asked(plan), nonce: new Uint8Array(32).fill(0xab) }),
  },
  purpose_of_another: {
    describes: 'evidence drawn for admission, shown to a client',
    fails: ['bundle.purpose'],
    options: SMALL,
    apply: (plan) => {
      plan.purpose = 'admission:https://gateway.example';
    },
    asks: (plan) => ({ ...asked(plan), purpose: 'client' }),
  },
  recipe_of_another: {
    describes: 'a recipe that was not asked for',
    fails: ['bundle.recipe'],
    options: SMALL,
    asks: (plan) => ({ ...asked(plan), recipes: ['tinfoil-v3'] }),
  },
  possession_of_another: {
    describes: 'somebody else’s SSH host key, shown as one of its own',
    fails: ['bundle.binding.possession'],
    options: SMALL,
    apply: (plan) => {
      plan.afterDocument = (document) =>
        withBinding(document, { possession: [shownKey(plan.seed)] });
    },
  },
  report_data_of_another: {
    describes: 'a CPU that bound something else',
    fails: ['bundle.binding.report_data'],
    options: SMALL,
    apply: (plan) => {
      plan.reportData = () => deriveBytes(plan.seed, 'something else', 64);
    },
  },
  devices_borrowed: {
    describes: 'devices that answered somebody else’s challenge',
    fails: ['bundle.binding.device_nonce'],
    options: SMALL,
    apply: (plan) => {
      plan.deviceNonce = () => deriveBytes(plan.seed, 'somebody else', 32);
    },
  },
  devices_exchanged: {
    describes: 'device evidence of the same devices, collected a second time',
    fails: ['bundle.binding.report_data'],
    options: SMALL,
    apply: (plan) => {
      plan.afterDevices = (bound) => utf8(fromUtf8(bound, 'devices').replace(/\n$/, ' \n'));
    },
  },
  devices_left_out: {
    describes: 'a CPU that vouches for devices which are not in the file',
    fails: ['bundle.binding.report_data'],
    options: SMALL,
    apply: (plan) => {
      plan.afterDocument = ({ devices: _, ...document }) => document;
    },
  },
  too_few_gpus: {
    describes: 'two GPUs where eight were asked for',
    fails: ['nvidia.topology.count'],
    options: SMALL,
    asks: (plan) => ({ ...asked(plan), devices: { gpu: 8 } }),
  },
} as const satisfies BundleFaults;

export type BundleFaultName = keyof typeof BUNDLE_FAULTS | keyof typeof BUNDLE_VARIANTS;

/** A fault or a variant by its name. */
export function bundleCase(name: BundleFaultName): BundleFault {
  const all: Readonly<Record<string, BundleFault>> = { ...BUNDLE_FAULTS, ...BUNDLE_VARIANTS };
  const found = all[name];
  if (found === undefined) throw new RangeError(`no such bundle fault: ${name}`);
  return found;
}

function withBinding(
  document: Record<string, unknown>,
  members: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return { ...document, binding: { ...(document['binding'] as object), ...members } };
}

/** In the form of a key that is shown; nobody signed for it. */
function shownKey(seed: string): Readonly<Record<string, string>> {
  const key = sshEd25519Blob(deriveBytes(seed, 'another host key', 32));
  return { use: 'ssh-host', key: toBase64(key), signature: toBase64(new Uint8Array(64)) };
}

function otherKeyset({ seed, keyset }: BundlePlan): string {
  const { not_before: from } = JSON.parse(fromUtf8(keyset, 'keyset')) as { not_before: string };
  const other = standardKeyset(`${seed} relay`, Date.parse(from) + 86_400_000);
  return btoa(JSON.stringify(other));
}
