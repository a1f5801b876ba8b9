import type { BundleAnchors } from '../appraisal/bundle/input.ts';
import { BundleVerifier } from '../appraisal/bundle/verifier.ts';
import { AMD_ROOTS } from '../core/x509/amd-roots.ts';
import { INTEL_SGX_ROOT } from '../core/x509/anchors.ts';
import { NVIDIA_ROOTS } from '../evidence/nvidia/anchors.ts';
import { atStage } from './at-stage.ts';
import { PosternError, type Stage } from './errors.ts';
import { type Credential, Gateway } from './gateway.ts';
import { LogMemory } from './log-memory.ts';
import { readLogTrust } from './log-trust.ts';
import { Machines } from './machines.ts';
import { memoryInProcess } from './memory.ts';
import type { MachinesOptions } from './options.ts';
import { PolicySource } from './policy-source.ts';
import type { VerifyingDeps } from './verifying.ts';
import type { VerificationView } from './view.ts';

const MINUTE = 60_000;
/** Of what is verified no more is taken for granted than that. */
const LONGEST_VERIFIED = 10 * MINUTE;
const LONGEST_KEY_LIFE = 2 * 60 * MINUTE;
/** A gateway's own bound is a minute. */
const LONGEST_LOOK = 75_000;

const VENDORS: BundleAnchors = { tdx: [INTEL_SGX_ROOT], snp: AMD_ROOTS, nvidia: NVIDIA_ROOTS };

/** The machines behind a gateway, and all that they are verified by. */
export interface OpenMachines {
  readonly machines: Machines;
  readonly deps: VerifyingDeps;
  readonly credential: () => Promise<Credential>;
  /** Asks nobody anything. */
  readonly view: () => VerificationView;
}

/**
 * What every client of verified machines is made of; nothing is verified yet.
 *
 * @throws PosternError for options that would leave something unverified.
 */
export async function openMachines(options: MachinesOptions): Promise<OpenMachines> {
  const { apiKey, memory = memoryInProcess() } = options;
  const now = options.now ?? Date.now;
  const randomBytes = options.randomBytes ?? platformRandom;
  const verifiedFor = Math.min(
    limitOf('freshness', options, 'verifiedFor', LONGEST_VERIFIED),
    LONGEST_VERIFIED,
  );
  const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  const longestLook = limitOf('candidates', options, 'longestLook', LONGEST_LOOK);
  const gateway = new Gateway(gatewayOrigin(options.gateway), fetch, longestLook);
  const policies = await atStage('policy', 'the policy of the options', {}, () => {
    return new PolicySource(options, { gateway, memory, now, heldFor: verifiedFor });
  });
  const trust = await atStage('ledger', 'the ledger of the options', {}, () =>
    readLogTrust(options.ledger),
  );
  const log = trust && { trust, memory: new LogMemory({ gateway, memory, trust, now }) };
  const freshness = options.freshness ?? 'challenge';
  if (freshness === 'epoch' && trust?.policy.quorum === undefined) {
    throw new PosternError(
      'freshness.usage',
      'an epoch needs a tlogPolicy with a quorum of witnesses',
    );
  }
  const deps: VerifyingDeps = {
    gateway,
    verifier: new BundleVerifier({ ...VENDORS, ...options.anchors }),
    policies,
    log,
    freshness,
    suite: options.suite ?? 'mlkem768-x25519',
    longestKeyLife: limitOf('appraisal', options, 'longestKeyLife', LONGEST_KEY_LIFE),
    verifiedFor,
    find: options.endorsements ?? (async () => ({})),
    now,
    randomBytes,
  };
  const machines = new Machines({
    ...deps,
    region: options.region,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  return {
    machines,
    deps,
    credential: async () => {
      const key = typeof apiKey === 'function' ? await apiKey() : apiKey;
      return key === undefined ? undefined : `Bearer ${key}`;
    },
    view: () => ({
      gateway: gateway.origin,
      policy: policies.last?.view,
      ledger: log?.memory.view ?? { state: 'unchecked' },
      nodes: machines.views(),
    }),
  };
}

/** Nothing is above a limit that is no number. */
export function limitOf<Name extends string>(
  stage: Stage,
  options: { readonly [N in Name]?: number },
  name: Name,
  usual: number,
): number {
  const limit = options[name] ?? usual;
  if (Number.isFinite(limit) && limit > 0) return limit;
  throw new PosternError(`${stage}.usage`, `${name}: want a number above 0, got ${limit}`);
}

function platformRandom(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Credentials go there in clear text otherwise. */
const THIS_MACHINE: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

function gatewayOrigin(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isFit =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && THIS_MACHINE.has(url.hostname));
  if (url === undefined || !isFit) {
    throw new PosternError('candidates.usage', `gateway: want an https address, got ${address}`);
  }
  return url.origin;
}
