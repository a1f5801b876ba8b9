import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BundleVerifier } from '../../src/appraisal/bundle/verifier.ts';
import { readCandidates } from '../../src/client/candidates.ts';
import { Machines } from '../../src/client/machines.ts';
import { openMachines } from '../../src/client/open-machines.ts';
import { parseJson } from '../../src/core/encoding/json.ts';
import { type ClientBed, clientBed, NODE } from '../support/client/bed.ts';
import { GATEWAY, POOL } from '../support/client/gateway.ts';
import { codeOfRejection } from '../support/client/outcome.ts';

describe('a machine that was verified', () => {
  let bed: ClientBed;
  let lapse: 'none' | 'open' | 'fail';
  let machines: Machines;
  /** How many proposals of the gateway are behind the machine's keys, and what was waited for them. */
  let behind: number;
  let pauses: number[];

  /** As a gateway that has admitted other keys than the machine has in force. */
  const fetchBehind: typeof fetch = async (input, init) => {
    const response = await bed.gateway.fetch(input, init);
    if (!String(input).includes('/v1/candidates') || behind-- <= 0) return response;
    const said = await response.text();
    return new Response(said.replace(/("keysetSha384":")[0-9a-f]+/, `$1${'00'.repeat(48)}`), {
      headers: response.headers,
    });
  };

  beforeAll(async () => {
    bed = await clientBed();
  }, 120_000);

  beforeEach(async () => {
    lapse = 'none';
    behind = 0;
    pauses = [];
    const { deps } = await openMachines({ ...bed.options, fetch: fetchBehind });
    const verify: BundleVerifier['verify'] = (asked) =>
      deps.verifier.verify({
        ...asked,
        ...(lapse === 'open' && { bundle: { ...asked.bundle, endorsements: {} } }),
        ...(lapse === 'fail' && { expected: { nonce: new Uint8Array(32) } }),
      });
    machines = new Machines({
      ...deps,
      region: undefined,
      pause: async (ms) => {
        pauses.push(ms);
      },
      verifier: Object.assign(Object.create(deps.verifier), { verify }),
    });
  });

  /** Renews it before its time, beside its use. */
  async function renewed(): Promise<string> {
    const { gateway } = bed;
    const before = await machines.pick({ pool: POOL }, undefined);
    const asked = gateway.asked.length;
    gateway.now += 8 * 60_000;
    expect(await machines.pick({ pool: POOL }, undefined)).toBe(before);
    while (machines.views()[0]?.state === 'verified' || gateway.asked.length === asked) {
      await new Promise((done) => setImmediate(done));
    }
    return machines.views()[0]?.error?.code ?? '';
  }

  it('is not taken for another that was asked for', async () => {
    const said = await bed.gateway.fetch(`${GATEWAY}/v1/candidates?pool=${POOL}`);
    const { value } = parseJson(await said.text(), 'candidates');
    const pool = POOL;
    expect(readCandidates(value, { pool, node: NODE }).candidates).toHaveLength(1);
    expect(() => readCandidates(value, { pool, node: 'bb'.repeat(16) })).toThrow(
      /want bb.* got aa/,
    );
  });

  it('has keys in force a moment after they were admitted, or before', async () => {
    behind = 3;
    expect(await machines.pick({ pool: POOL }, undefined)).toMatchObject({ node: NODE });
    expect([behind, pauses]).toEqual([-1, [100, 400]]);
  });

  it('is not waited for without end', async () => {
    behind = Number.POSITIVE_INFINITY;
    expect(await codeOfRejection(machines.pick({ pool: POOL }, undefined))).toBe('ledger.rotated');
    expect(pauses).toEqual([100, 400]);
  });

  it('is looked at anew by a clock that was turned back, which would make its time longer', async () => {
    const { gateway } = bed;
    const looks = () => gateway.paths().filter((path) => path.endsWith('/evidence')).length;
    const asks = () => gateway.paths().filter((path) => path.endsWith('/candidates')).length;
    gateway.now += 60_000;
    await machines.pick({ pool: POOL }, undefined);
    const before = [looks(), asks()] as const;
    gateway.now -= 60_000;
    await machines.pick({ pool: POOL }, undefined);
    expect([looks(), asks()]).toEqual(before.map((count) => count + 1));
    await machines.pick({ pool: POOL }, undefined);
    expect([looks(), asks()]).toEqual(before.map((count) => count + 1));
  });

  it('stays so where its renewal is open', async () => {
    await machines.pick({ pool: POOL }, undefined);
    lapse = 'open';
    expect(await renewed()).toBe('appraisal.indeterminate');
    expect(await machines.pick({ pool: POOL }, undefined)).toMatchObject({ node: NODE });
    bed.gateway.now += 3 * 60_000;
    expect(await codeOfRejection(machines.pick({ pool: POOL }, undefined))).toBe(
      'appraisal.indeterminate',
    );
  });

  it('is none any more where its renewal fails', async () => {
    await machines.pick({ pool: POOL }, undefined);
    lapse = 'fail';
    await renewed();
    expect(await codeOfRejection(machines.pick({ pool: POOL }, undefined))).toBe(
      'freshness.challenge',
    );
  });
});
