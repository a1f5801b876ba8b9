import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { toHex } from '../../../src/core/bytes/hex.ts';
import type { FleetNode } from '../../../src/gateway/fleet/node.ts';
import type { StoreOptions } from '../../../src/store/open.ts';
import { median, type Result } from '../measure.ts';
import { compare, type Heat, type Side } from '../trial.ts';
import { type BenchGateway, benchGateway, enrolNode, PARKED, POOL } from './bench-gateway.ts';
import type { FleetEvidence } from './fleet-evidence.ts';
import { Machines } from './machines.ts';
import { appraising } from './requests.ts';

/** Of a fleet, these are due in a round; the others are there, admitted, and have nothing to do. */
const MOST_DUE = 64;
/** Looks in a row that make up one measurement. */
const LOOKS = 64;
/** Rows that are written at the same time. */
const TOGETHER = 256;

/** How late the event loop was over one measurement, in milliseconds. */
interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** A fleet of one database that grows from row to row. */
export class GrowingFleet {
  readonly #evidence: FleetEvidence;
  readonly #machines: Machines;
  readonly #gateway: BenchGateway;
  #called = 0;
  #rows = 0;

  static async open(place: StoreOptions, evidence: FleetEvidence): Promise<GrowingFleet> {
    const machines = new Machines();
    const gateway = await benchGateway(place, evidence, machines.call);
    return new GrowingFleet(evidence, machines, gateway);
  }

  private constructor(evidence: FleetEvidence, machines: Machines, gateway: BenchGateway) {
    this.#evidence = evidence;
    this.#machines = machines;
    this.#gateway = gateway;
  }

  /** Re-attestations at so many nodes: challenge, call, verification, decision, all in the ledger. */
  async rounds(nodes: number, heat: Heat): Promise<Result> {
    await this.#growTo(nodes);
    const delays: Delay[] = [];
    const result = await compare(
      this.#looking(`gateway.fleet.${nodes}`, delays),
      appraising(this.#evidence),
      heat,
    );
    globalThis.gc?.();
    return {
      ...result,
      also: {
        loopP50Ms: median(delays.map(({ p50 }) => p50)),
        loopP99Ms: median(delays.map(({ p99 }) => p99)),
        loopMaxMs: Math.max(...delays.map(({ most }) => most)),
        rssMiB: process.memoryUsage.rss() / 1024 ** 2,
      },
    };
  }

  async close(): Promise<void> {
    await this.#gateway.close();
    await this.#machines.close();
  }

  #looking(name: string, delays: Delay[]): Side {
    const { service, store, now } = this.#gateway;
    return {
      name,
      prepare: async () => async () => {
        const measured = monitorEventLoopDelay({ resolution: 1 });
        measured.enable();
        let looked = 0;
        while (looked < LOOKS) {
          await store.lookAtAll(POOL, now());
          looked += await service.fleet.round();
        }
        measured.disable();
        delays.push({
          p50: measured.percentile(50) / 1e6,
          p99: measured.percentile(99) / 1e6,
          most: measured.max / 1e6,
        });
        return looked;
      },
    };
  }

  async #growTo(nodes: number): Promise<void> {
    for (; this.#called < Math.min(nodes, MOST_DUE); this.#called++) {
      const i = this.#called;
      await enrolNode(this.#gateway, `called-${i}`, Machines.endpointOf(i));
    }
    // They are due at once, and admitted by this.
    await this.#gateway.service.fleet.round();
    while (this.#rows + this.#called < nodes) {
      const count = Math.min(TOGETHER, nodes - this.#called - this.#rows);
      await Promise.all(Array.from({ length: count }, () => this.#park()));
    }
  }

  async #park(): Promise<void> {
    const n = this.#rows++;
    const at = this.#gateway.now();
    const until = at + 24 * 3_600_000;
    const [id, decision] = [toHex(randomBytes(16)), toHex(randomBytes(16))];
    const policy = `sha256:${toHex(randomBytes(32))}`;
    const admission = { id, decision, until, evidenceAt: at, policy, referenceSet: 'machine' };
    const next: FleetNode = {
      id: toHex(randomBytes(16)),
      name: `parked-${n}`,
      key: { algorithm: 'ed25519', publicKey: toHex(randomBytes(32)) },
      pool: PARKED,
      declared: { cpu: 'tdx', gpus: 0, switches: 0 },
      enrolledAt: at,
      version: 1,
      standing: { state: 'admitted', since: at, admission },
      hardware: [toHex(randomBytes(32)), toHex(randomBytes(32))].sort(),
      last: { id: decision, at, verdict: 'accept', authentic: true, codes: [] },
      dueAt: until,
      failures: 0,
    };
    await this.#gateway.store.apply({ node: { expected: 'new', next }, events: [] });
  }
}
