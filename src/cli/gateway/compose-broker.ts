import { parseBundle } from '../../appraisal/bundle/format.ts';
import { bundleClocksAt } from '../../appraisal/bundle/input.ts';
import { withEndorsements } from '../../appraisal/bundle/with-endorsements.ts';
import { Fault } from '../../core/fault.ts';
import type { BundleEndorsements } from '../../endorsements/bundle-endorsements.ts';
import { accountKeyOf } from '../../gateway/broker/account.ts';
import { Broker } from '../../gateway/broker/broker.ts';
import type { BrokerObserver } from '../../gateway/broker/deps.ts';
import type { NodeCaller } from '../../gateway/fleet/deps.ts';
import type { GatewayService } from '../../gateway/fleet/gateway-service.ts';
import type { Log } from '../../gateway/http/log.ts';
import type { Metrics } from '../../gateway/http/metrics.ts';
import type { TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import { witnessPolicyOf } from '../audit/cosign.ts';
import type { OpenLedger } from '../audit/open-ledger.ts';
import { type Io, warn } from '../io.ts';
import type { GatewayConfig } from './config.ts';
import { nodeDirectory } from './node-directory.ts';

export interface BrokerParts {
  readonly ledger: OpenLedger;
  readonly service: GatewayService;
  readonly endorsements: BundleEndorsements;
  readonly caller: NodeCaller;
  readonly hardwareKey: Uint8Array;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The broker of a gateway: what it needs of the other rooms, it gets here. */
export function composeBroker(
  io: Io,
  { broker, calls }: GatewayConfig,
  { ledger, service, endorsements, caller, hardwareKey, metrics, log }: BrokerParts,
): Promise<Broker> {
  const { now } = io;
  const { store } = ledger;
  const observe = observerOf(io, metrics, log);
  return Broker.open({
    store,
    nodes: nodeDirectory({
      store,
      onEvents: (callback) => service.onEvents(callback),
      witnesses: () => witnessesOf(ledger),
      now,
      onFailure: observe.failed,
    }),
    pools: broker.pools,
    callEvidence: (endpoint, challenge) => caller.call(endpoint, challenge),
    endorse: (bundle) => endorsed(endorsements, bundle, now()),
    endpoints: calls.endpoints,
    accountKey: accountKeyOf(hardwareKey),
    ledger: ledger.identity.origin,
    now,
    elapsed: () => performance.now(),
    random: Math.random,
    limits: broker.limits,
    observe,
  });
}

/** Under the log's own keys, whatever the file says of logs. */
async function witnessesOf({ folder, identity }: OpenLedger): Promise<TlogPolicy | undefined> {
  const policy = await witnessPolicyOf(folder);
  return policy && { ...policy, logs: identity.keys.map((key) => ({ key, url: undefined })) };
}

/** Clients may want more than this gateway's policies do: whatever vendors say is put beside. */
async function endorsed(
  endorsements: BundleEndorsements,
  bytes: Uint8Array,
  now: number,
): Promise<Uint8Array> {
  const wish = { crl: true, ocsp: true };
  const bundle = read(bytes);
  const { endorsements: found } = await endorsements.find(bundle, {
    at: bundleClocksAt(now),
    wish,
  });
  return withEndorsements(bytes, found);
}

function read(bytes: Uint8Array) {
  try {
    return parseBundle(bytes);
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.code === 'internal') throw cause;
    throw new Fault('unreachable', 'endpoint', 'answered with no bundle', { cause });
  }
}

function observerOf(io: Io, { broker }: Metrics, log: Log): BrokerObserver {
  return {
    ...broker,
    ended: (about) => {
      broker.ended(about);
      const { node, end, seconds } = about;
      log('info', 'session ended', { node, at: end, ms: seconds * 1000 });
    },
    statement: (about) => {
      broker.statement(about);
      const { node, fate } = about;
      if (fate === 'taken' || fate === 'known') return;
      log('warn', 'usage statement refused', { node, at: fate });
    },
    failed: (error) => warn(io, `broker: ${error instanceof Error ? error.message : error}`),
  };
}
