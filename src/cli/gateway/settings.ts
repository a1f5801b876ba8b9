import type { BundleAnchors } from '../../appraisal/bundle/input.ts';
import { kdsClient } from '../../endorsements/amd/kds.ts';
import { AMD_KDS, kdsBase } from '../../endorsements/amd/url.ts';
import {
  BundleEndorsements,
  type EndorsementNetwork,
} from '../../endorsements/bundle-endorsements.ts';
import { INTEL_PCS, pcsBase } from '../../endorsements/intel/base-url.ts';
import { pcsClient } from '../../endorsements/intel/pcs.ts';
import { ocspClient } from '../../endorsements/nvidia/ocsp-service.ts';
import { rimClient } from '../../endorsements/nvidia/rim-service.ts';
import { ServiceKey } from '../../endorsements/nvidia/service-key.ts';
import {
  NVIDIA_OCSP_SERVICE,
  NVIDIA_RIM_SERVICE,
  ocspServiceUrl,
  rimServiceBase,
} from '../../endorsements/nvidia/url.ts';
import type { FleetTimes } from '../../gateway/fleet/deps.ts';
import { LIMITS, type Limits, type RateLimit as RequestLimit } from '../../gateway/http/limits.ts';
import { RateLimit } from '../../gateway/identity/rate-limit.ts';
import type { Io } from '../io.ts';
import type { EndorsementsConfig, GatewayConfig, LimitsConfig } from './config.ts';

/** For a gateway that has taken a node to look at: a call, and the verification of what it answers. */
const CLAIM_BEYOND_CALL = 120_000;

/** A configuration's times as the fleet takes them. */
export function fleetTimes({ times, calls }: Pick<GatewayConfig, 'times' | 'calls'>): FleetTimes {
  return {
    challengeTtl: times.challengeTtl,
    clockSkew: times.clockSkew,
    challengeKeyLife: times.challengeKey,
    claim: calls.deadline + CLAIM_BEYOND_CALL,
    retry: times.retry,
    retryMost: times.retryMost,
    admissionMost: times.resultTtl,
    overrideMost: times.override,
  };
}

/** Its limits as the HTTP app takes them; what it says nothing of stays as it is. */
export function httpLimits({
  limits: { bundle, bodies, ...counts },
  broker,
}: Pick<GatewayConfig, 'limits' | 'broker'>): Limits {
  return {
    ...LIMITS,
    body: { ...LIMITS.body, bundle, sealed: broker.limits.request, all: bodies },
    closeWithin: Math.max(LIMITS.closeWithin, broker.drain),
    connection: { ...LIMITS.connection, count: counts.connections },
    verification: {
      ...LIMITS.verification,
      running: counts.verifications,
      waiting: counts.waiting,
    },
    stream: { ...LIMITS.stream, count: counts.followers },
  };
}

/**
 * How many threads verify beside this one; 0 is none. More than may verify at once would idle, and
 * one core is for all the rest.
 *
 * @param cores that this process may use.
 */
export function verificationThreads(
  { threads, verifications }: Pick<LimitsConfig, 'threads' | 'verifications'>,
  cores: number,
): number {
  if (threads !== 'auto') return threads;
  return Math.max(1, Math.min(cores - 1, verifications));
}

/** Callers that are remembered, of each kind. */
const MOST_CALLERS = 100_000;
/** Of all callers of a kind together, as many times what one may. */
const ALL = 100;

/** Its rates: a minute's worth may come at once, then one after the other. */
export function requestLimit({ rates }: Pick<LimitsConfig, 'rates'>): RequestLimit {
  const rules = (perMinute: number) => ({
    each: { burst: perMinute, perSecond: perMinute / 60 },
    all: { burst: perMinute * ALL, perSecond: (perMinute * ALL) / 60 },
    mostKeys: MOST_CALLERS,
  });
  const limits = {
    address: new RateLimit(rules(rates.address)),
    node: new RateLimit(rules(rates.node)),
    credential: new RateLimit(rules(rates.credential)),
  };
  return ({ by, name }, now) => {
    const answer = limits[by].take(name, now);
    return answer.allowed ? undefined : answer.retryAfter;
  };
}

/**
 * What vendors say, from its folder and the services that it names. Make one a process: each client
 * spaces out what is asked of its service.
 */
export async function endorsementsOf(
  io: Io,
  config: EndorsementsConfig,
  anchors: BundleAnchors,
): Promise<BundleEndorsements> {
  const { folder, access, update: channel } = config;
  return new BundleEndorsements({
    anchors,
    channel,
    folder,
    now: io.now,
    ...(access === 'online' && { network: await networkOf(io, config) }),
  });
}

async function networkOf(io: Io, config: EndorsementsConfig): Promise<EndorsementNetwork> {
  const { pccs, kds, rimService, rimServiceKey, ocspService } = config;
  const file = rimServiceKey === undefined ? undefined : await io.readFile(rimServiceKey);
  const serviceKey = file && serviceKeyIn(file);
  return {
    intel: pcsClient(io, pcsBase(pccs ?? INTEL_PCS)),
    amd: kdsClient(io, kdsBase(kds ?? AMD_KDS)),
    nvidia: {
      rim: rimClient(
        io,
        rimServiceBase(rimService ?? NVIDIA_RIM_SERVICE),
        serviceKey ? { serviceKey } : {},
      ),
      ocsp: ocspClient(io, ocspServiceUrl(ocspService ?? NVIDIA_OCSP_SERVICE), {}),
    },
  };
}

/** Any byte becomes a character; one that is not ASCII is refused without a word of the rest. */
export function serviceKeyIn(file: Uint8Array): ServiceKey {
  return new ServiceKey(new TextDecoder('latin1').decode(file));
}
