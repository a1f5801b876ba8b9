import { randomBytes } from 'node:crypto';
import { toHex } from '../../../src/core/bytes/hex.ts';
import type { FleetNode } from '../../../src/gateway/fleet/node.ts';
import type { Sql } from '../../../src/store/driver.ts';
import { writeNode } from '../../../src/store/fleet/nodes.ts';
import type { StoreOptions } from '../../../src/store/open.ts';
import { openDriver } from '../../../src/store/open-driver.ts';
import { type BenchGateway, benchGateway, enrolNode, PARKED } from './bench-gateway.ts';
import type { FleetEvidence } from './fleet-evidence.ts';
import { Machines } from './machines.ts';
import { Newcomers } from './newcomers.ts';

/** Of a fleet, these can be called; the others are there, admitted, and have nothing to do. */
const MOST_CALLED = 64;
/** Rows that are written in one transaction, past the gateway. */
const TOGETHER = 256;

/** A fleet of one database that grows from row to row. */
export class GrowingFleet {
  readonly evidence: FleetEvidence;
  readonly gateway: BenchGateway;
  /** Machines that are made once: that takes a while. */
  readonly newcomers: Newcomers;
  readonly #place: StoreOptions;
  readonly #machines: Machines;
  #called = 0;
  #rows = 0;

  static async open(place: StoreOptions, evidence: FleetEvidence): Promise<GrowingFleet> {
    const machines = new Machines();
    try {
      const gateway = await benchGateway(place, evidence, machines.call);
      return new GrowingFleet(place, evidence, machines, gateway);
    } catch (error) {
      await machines.close();
      throw error;
    }
  }

  private constructor(
    place: StoreOptions,
    evidence: FleetEvidence,
    machines: Machines,
    gateway: BenchGateway,
  ) {
    this.#place = place;
    this.evidence = evidence;
    this.gateway = gateway;
    this.newcomers = new Newcomers(gateway);
    this.#machines = machines;
  }

  /** How many of it can be called, and are due at a time when all are. */
  get called(): number {
    return this.#called;
  }

  /** Until so many nodes are in the database, all of them admitted. */
  async growTo(nodes: number): Promise<void> {
    for (; this.#called < Math.min(nodes, MOST_CALLED); this.#called++) {
      const i = this.#called;
      await enrolNode(this.gateway, `called-${i}`, Machines.endpointOf(i));
    }
    // They are due at once, and admitted by this.
    await this.gateway.service.fleet.round();
    const driver = await openDriver(this.#place);
    try {
      while (this.#rows + this.#called < nodes) {
        const count = Math.min(TOGETHER, nodes - this.#called - this.#rows);
        await driver.writing(async (sql) => {
          for (let i = 0; i < count; i++) await this.#park(sql);
        });
      }
    } finally {
      await driver.close();
    }
  }

  async close(): Promise<void> {
    await this.newcomers.close();
    await this.gateway.close();
    await this.#machines.close();
  }

  async #park(sql: Sql): Promise<void> {
    const n = this.#rows++;
    const at = this.gateway.now();
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
    await writeNode(sql, { expected: 'new', next });
  }
}
