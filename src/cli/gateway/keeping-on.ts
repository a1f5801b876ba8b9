import { setTimeout } from 'node:timers/promises';
import { Fault } from '../../core/fault.ts';
import { oldestFetches } from '../../endorsements/held.ts';
import { Prefetcher } from '../../endorsements/prefetch.ts';
import { cosign, witnessPolicyOf } from '../audit/cosign.ts';
import { forgetRecords, hasRecordsBefore } from '../audit/forget-records.ts';
import type { OpenLedger } from '../audit/open-ledger.ts';
import { publishLedger } from '../audit/publish-ledger.ts';
import { closedFault } from '../audit/restored.ts';
import { type Io, warn } from '../io.ts';
import type { ComposedGateway } from './compose.ts';
import type { GatewayConfig } from './config.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Quotas count what was used on one. */
const DAY = 24 * HOUR;
/** For how long a machine may hand in what a session came to, from its end on. */
const UNMETERED = 24 * HOUR;
/**
 * Clients take an epoch whose cosignatures are ten minutes old at most: until it reaches them pass,
 * unless set otherwise, a minute to the next round, five until a machine asks, and one here.
 */
const OLD_COSIGNATURE = 2 * MINUTE;

/** A duty of a gateway that runs: it comes again so long after it was done. */
interface Duty {
  readonly what: string;
  readonly every: number;
  readonly act: (isOver: () => boolean) => Promise<unknown>;
}

/**
 * Does all that has to go on while a gateway listens, until it is told to end; what is under way is
 * done then. A duty that fails is said on stderr, once for each kind of failure in a row, and
 * comes again.
 *
 * @param onClosed is told that the ledger is closed: nothing that its database says may be relied on.
 */
export async function keepOn(
  io: Io,
  config: GatewayConfig,
  gateway: ComposedGateway,
  signal: AbortSignal,
  onClosed: (fault: Fault) => void,
): Promise<void> {
  const duties = [closedDuty(gateway.ledger, onClosed), ...dutiesOf(io, config, gateway)];
  await Promise.all(duties.map((duty) => goOn(io, duty, signal)));
}

function closedDuty(ledger: OpenLedger, onClosed: (fault: Fault) => void): Duty {
  return {
    what: 'ledger',
    every: SECOND,
    act: async () => {
      const fault = await closedFault(ledger);
      if (fault) onClosed(fault);
    },
  };
}

async function goOn(io: Io, { what, every, act }: Duty, signal: AbortSignal): Promise<void> {
  let said = '';
  while (!signal.aborted) {
    try {
      await act(() => signal.aborted);
      if (said !== '') warn(io, `${what}: well again`);
      said = '';
    } catch (error) {
      const text = error instanceof Fault ? error.message : String(error);
      if (text !== said) warn(io, `${what}: ${text}`);
      said = text;
    }
    await setTimeout(every, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function dutiesOf(io: Io, config: GatewayConfig, gateway: ComposedGateway): readonly Duty[] {
  const { service, ledger, writer, endorsements, metrics, readKeys } = gateway;
  const { store } = ledger;
  const { records, events, usage } = config.retention;
  const prefetcher = new Prefetcher({
    now: io.now,
    random: Math.random,
    held: () => endorsements.held(),
  });
  return [
    // Of its own: a round of the nodes lasts for as long as any is due.
    { what: 'policies', every: SECOND, act: () => service.fleet.rule() },
    { what: 'nodes', every: SECOND, act: (isOver) => service.fleet.round(isOver) },
    { what: 'published files', every: SECOND, act: () => publishLedger(io, ledger) },
    { what: 'token keys', every: 5 * SECOND, act: readKeys },
    {
      what: 'endorsements',
      every: MINUTE,
      act: () => (config.endorsements.access === 'online' ? prefetcher.run() : Promise.resolve()),
    },
    {
      what: 'metrics',
      every: 15 * SECOND,
      act: async () => {
        metrics.nodes(await store.countNodes());
        metrics.ledgerSize((await store.head())?.size ?? 0);
        const ages = [...oldestFetches(endorsements.held())].map(
          ([kind, fetchedAt]) => [kind, (io.now() - fetchedAt) / SECOND] as const,
        );
        metrics.endorsementAges(new Map(ages));
      },
    },
    {
      what: 'witnesses',
      every: config.witnesses.every,
      act: async () => {
        const policy = await witnessPolicyOf(ledger.folder);
        // Nobody else asks for evidence by epoch.
        const isServing = config.broker.pools.length > 0;
        const options = isServing ? { renewBefore: io.now() - OLD_COSIGNATURE } : {};
        const [first] = policy ? await cosign(io, ledger, policy, options) : [];
        if (first) throw first;
      },
    },
    { what: 'forecast', every: 24 * HOUR, act: (isOver) => service.fleet.forecast(isOver) },
    {
      what: 'retention',
      every: HOUR,
      act: async () => {
        await store.purgeSpent(io.now());
        // They are noted when they begin.
        await store.purgeUnmetered(io.now() - UNMETERED - config.broker.limits.deadline);
        await store.purgeEvents(io.now() - events);
        if (usage !== undefined) await store.purgeUsage(io.now() - Math.max(usage, DAY));
        if (records === undefined) return;
        const before = io.now() - records;
        // A leaf for nothing would only make the log longer.
        if (!(await hasRecordsBefore(store, before))) return;
        const reason = 'retention: older than the gateway keeps';
        await forgetRecords(io, ledger, writer, { before, reason });
      },
    },
  ];
}
