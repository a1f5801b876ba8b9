import { BlockList, isIP } from 'node:net';
import { BUNDLE_LIMITS } from '../../appraisal/bundle/format.ts';
import { durationMs } from '../../appraisal/policy/duration.ts';
import type { Misfit } from '../../core/document/explain-shape.ts';
import { Fault } from '../../core/fault.ts';
import { kdsBase } from '../../endorsements/amd/url.ts';
import { pcsBase } from '../../endorsements/intel/base-url.ts';
import { ocspServiceUrl, rimServiceBase } from '../../endorsements/nvidia/url.ts';
import { sizeBytes } from '../config/size.ts';
import { splitAddress } from '../config/split-address.ts';
import { checkCertificates } from './certificates-config.ts';
import { DEFAULTS } from './config.ts';
import type { WrittenConfig } from './schema.ts';

type Report = (path: string, problem: string) => void;

/** What no schema can say: that the parts of a configuration fit each other. */
export function misunderstandings(written: WrittenConfig): readonly Misfit[] {
  const found: Misfit[] = [];
  const report: Report = (path, problem) => {
    found.push({ path, problem });
  };
  checkPlaces(written, report);
  checkPools(written, report);
  checkBroker(written, report);
  checkCertificates(written, report);
  checkAnchors(written, report);
  checkServices(written, report);
  checkTimes(written, report);
  checkLimits(written, report);
  return found;
}

function checkPlaces(
  { origin, listen = DEFAULTS.listen, proxies = [] }: WrittenConfig,
  report: Report,
) {
  const canonical = URL.parse(origin)?.origin;
  if (canonical !== origin) {
    report('origin', `want it as browsers write it, ${canonical ?? 'with a host and a port'}`);
  }
  if (splitAddress(listen).port > 65_535) report('listen', 'want a port up to 65535');
  for (const [i, range] of proxies.entries()) {
    const [address = '', bits] = range.split('/');
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    if (most < 0 || Number(bits ?? 0) > most) {
      report(`proxies[${i}]`, 'want an IP address or a range, e.g. 10.0.0.0/8');
    } else if (isEverybody(address, bits)) {
      report(`proxies[${i}]`, 'everybody would be believed: name the proxies');
    }
  }
}

/** The least that a range of proxies has fixed: more than one network of somebody's is nobody's. */
const LEAST_BITS = { ipv4: 8, ipv6: 16 };
/** Of IPv4 addresses as IPv6 writes them; Fastify takes every IPv4 address for one of them. */
const MAPPED = { network: '::ffff:0:0', bits: 96 };

function isEverybody(address: string, written: string | undefined): boolean {
  if (written === undefined) return false;
  const bits = Number(written);
  if (isIP(address) === 4) return bits < LEAST_BITS.ipv4;
  if (bits < LEAST_BITS.ipv6) return true;
  const [range, mapped] = [new BlockList(), new BlockList()];
  range.addSubnet(address, bits, 'ipv6');
  mapped.addSubnet(MAPPED.network, MAPPED.bits, 'ipv6');
  const meet = range.check(MAPPED.network, 'ipv6') || mapped.check(address, 'ipv6');
  return meet && bits < MAPPED.bits + LEAST_BITS.ipv4;
}

function checkPools({ pools }: WrittenConfig, report: Report): void {
  const names = new Map<string, number>();
  for (const [i, { name, signature }] of pools.entries()) {
    const before = names.get(name);
    if (before !== undefined) report(`pools[${i}].name`, `is the name of pools[${before}] as well`);
    names.set(name, before ?? i);
    if ('publicKeys' in signature && signature.threshold > signature.publicKeys.length) {
      report(
        `pools[${i}].signature.threshold`,
        `want at most ${signature.publicKeys.length}, the number of keys`,
      );
    }
  }
}

function checkBroker({ pools, broker = {} }: WrittenConfig, report: Report): void {
  const names = new Map<string, number>();
  for (const [i, { pool }] of (broker.pools ?? []).entries()) {
    const before = names.get(pool);
    const at = `broker.pools[${i}].pool`;
    if (before !== undefined) report(at, `is that of broker.pools[${before}] as well`);
    else if (!pools.some(({ name }) => name === pool)) report(at, 'is none of pools');
    names.set(pool, before ?? i);
  }
  const { kept, keptInAll } = { ...DEFAULTS.broker.limits, ...broker.limits };
  if (sizeBytes(keptInAll) < sizeBytes(kept)) {
    report('broker.limits.keptInAll', 'want no less than broker.limits.kept');
  }
}

function checkAnchors({ anchors }: WrittenConfig, report: Report): void {
  if (anchors && anchors.kind !== 'vendor' && Object.keys(anchors).length === 1) {
    report('anchors', 'names no root: want one of intel, amd, nvidia, nvidiaManifests');
  }
}

/** What each service's address has to be, by whoever asks it. */
const SERVICES = {
  pccs: pcsBase,
  kds: kdsBase,
  rimService: rimServiceBase,
  ocspService: ocspServiceUrl,
} as const;

function checkServices({ endorsements = {}, tokens }: WrittenConfig, report: Report): void {
  for (const [name, read] of Object.entries(SERVICES)) {
    const url = endorsements[name as keyof typeof SERVICES];
    if (url === undefined) continue;
    try {
      read(url);
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      report(`endorsements.${name}`, error.detail);
    }
    if (endorsements.offline === true) {
      report(`endorsements.${name}`, 'would never be asked: endorsements.offline is true');
    }
  }
  if (tokens?.issuer !== undefined && URL.parse(tokens.issuer) === null) {
    report('tokens.issuer', 'want a URL');
  }
}

/** Whatever lives longer is not what these are for. */
const LONGEST = { challengeTtl: '10m', resultTtl: '30d', clockSkew: '5m' } as const;

function checkTimes({ times = {}, calls }: WrittenConfig, report: Report): void {
  for (const [name, most] of Object.entries(LONGEST)) {
    const text = times[name as keyof typeof LONGEST];
    if (text !== undefined && durationMs(text) > durationMs(most)) {
      report(`times.${name}`, `want at most ${most}`);
    }
  }
  const { challengeTtl, challengeKey, retry, retryMost } = { ...DEFAULTS.times, ...times };
  if (durationMs(challengeKey) < durationMs(challengeTtl)) {
    const problem = 'want no less than times.challengeTtl: a challenge outlives no key';
    report('times.challengeKey', problem);
  }
  if (durationMs(retryMost) < durationMs(retry)) {
    report('times.retryMost', 'want no less than times.retry');
  }
  // A challenge that is over when the answer comes was made for nothing.
  const deadline = calls?.deadline ?? DEFAULTS.calls.deadline;
  if (durationMs(deadline) > durationMs(challengeTtl)) {
    report('calls.deadline', 'want at most times.challengeTtl: the answer would come too late');
  }
}

function checkLimits({ limits = {} }: WrittenConfig, report: Report): void {
  const { bundle, bodies } = { ...DEFAULTS.limits, ...limits };
  const most = BUNDLE_LIMITS.bundle;
  if (sizeBytes(bundle) > most) {
    report('limits.bundle', `want at most ${most / 1024 ** 2}MiB: no bundle is larger`);
  } else if (sizeBytes(bodies) < sizeBytes(bundle)) {
    const where = limits.bodies === undefined ? 'limits.bundle' : 'limits.bodies';
    report(where, 'not one bundle would be taken: want limits.bodies no less than limits.bundle');
  }
}
