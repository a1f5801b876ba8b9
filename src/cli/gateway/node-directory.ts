import type { NodeDirectory, ServingNode } from '../../gateway/broker/deps.ts';
import { AdmissionEvidence } from '../../gateway/fleet/admission-evidence.ts';
import type { FleetEvent } from '../../gateway/fleet/event.ts';
import { contradiction } from '../../gateway/fleet/misbehaviour.ts';
import { type FleetNode, isAdmitted } from '../../gateway/fleet/node.ts';
import type { TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import type { GatewayStore } from '../../store/gateway-store.ts';

export interface NodeDirectoryDeps {
  readonly store: GatewayStore;
  /** Calls back when there may be new events of the fleet. @returns what ends it. */
  readonly onEvents: (callback: () => void) => () => void;
  /** See {@link AdmissionEvidence}. */
  readonly witnesses: () => Promise<TlogPolicy | undefined>;
  readonly now: () => number;
  readonly onFailure: (error: unknown) => void;
}

const PAGE = 256;

/** The fleet as the broker has to know it: neither room knows the other. */
export function nodeDirectory({
  store,
  onEvents,
  witnesses,
  now,
  onFailure,
}: NodeDirectoryDeps): NodeDirectory {
  const evidence = new AdmissionEvidence(store, witnesses, now);
  return {
    all: async () => {
      const serving: ServingNode[] = [];
      let after: string | undefined;
      do {
        const page = await store.nodes({ state: 'admitted' }, after, PAGE);
        serving.push(...page.flatMap((node) => servingOf(node, now()) ?? []));
        after = page.length === PAGE ? page.at(-1)?.id : undefined;
      } while (after !== undefined);
      return serving;
    },
    one: async (id) => {
      const node = await store.node(id);
      return node && servingOf(node, now());
    },
    follow: async (onChange) => {
      let seen = await store.lastEvent();
      let isReading = false;
      let isMore = false;
      const read = async () => {
        while (isMore) {
          isMore = false;
          const events = await store.events(seen, PAGE);
          const nodes = events.flatMap((event) => (isAboutStanding(event) ? [event.node] : []));
          if (nodes.length > 0) onChange(nodes);
          const last = events.at(-1);
          if (last === undefined) continue;
          seen = last.seq;
          isMore = true;
        }
      };
      return onEvents(() => {
        isMore = true;
        if (isReading) return;
        isReading = true;
        read()
          .catch((error: unknown) => {
            onFailure(error);
            // What was missed is made up for by looking at all.
            onChange('all');
          })
          .finally(() => {
            isReading = false;
          });
      });
    },
    keyset: (node, sha384) => evidence.keysetOf(node, sha384),
    admission: ({ id, admission, decision, until, keyset }) =>
      evidence.of(id, { id: admission, decision, until, keyset }),
    contradicted: async (id, statements) => {
      const node = await store.node(id);
      if (node) await store.apply({ events: [contradiction(node, statements, now())] });
    },
  };
}

/** Undefined for one that nothing may be let to, or that sealed requests can't reach. */
function servingOf(node: FleetNode, now: number): ServingNode | undefined {
  const { id, name, pool, endpoint, services, standing } = node;
  if (standing.state !== 'admitted' || !isAdmitted(node, now)) return undefined;
  const { since } = standing;
  const { id: admission, decision, until, keyset } = standing.admission;
  if (endpoint === undefined || keyset === undefined) return undefined;
  return {
    id,
    name,
    pool,
    endpoint,
    ...(services && { services }),
    since,
    until,
    admission,
    decision,
    keyset,
  };
}

const OTHERS: readonly FleetEvent['type'][] = ['node.enrolled', 'node.misbehaved', 'node.warned'];

function isAboutStanding(event: FleetEvent): event is FleetEvent & { readonly node: string } {
  return event.node !== undefined && !OTHERS.includes(event.type);
}
