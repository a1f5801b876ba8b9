import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/gateway/http/metrics.ts';
import { NODE } from '../../support/fake-fleet.ts';
import { ask, gatewayBed, sampleOf } from '../../support/gateway-bed.ts';

/** Samples by name and labels. */
async function samples(metrics: ReturnType<typeof createMetrics>): Promise<Map<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && line[0] !== '#');
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

describe('numbers', () => {
  it('are those that were measured', async () => {
    const metrics = createMetrics();
    metrics.verified('tdx', 0.002);
    metrics.verified('bundle', 4);
    metrics.decided('reject', ['tdx.tcb.status', 'tdx.tcb.status', 'snp.report.debug']);
    metrics.decided('accept', []);
    metrics.verificationWork(3, 9);
    metrics.verificationWorkDone(0.02, 0.005);
    metrics.verificationThreadLost();
    metrics.endorsementAges(new Map([['tdx.tcb-info', 3600]]));
    metrics.attestationLag(7);
    metrics.nodes({ enrolled: 1, admitted: 2, lapsed: 3, quarantined: 4, revoked: 5 });
    metrics.ledgerSize(1_000_001);
    const seen = await samples(metrics);
    metrics.close();
    expect(Object.fromEntries(seen)).toMatchObject({
      'postern_verification_seconds_count{kind="tdx"}': 1,
      'postern_verification_seconds_bucket{le="0.003",kind="tdx"}': 1,
      'postern_verification_seconds_bucket{le="0.001",kind="tdx"}': 0,
      'postern_verification_seconds_sum{kind="bundle"}': 4,
      'postern_verification_work{state="running"}': 3,
      'postern_verification_work{state="waiting"}': 9,
      'postern_verification_work_seconds_sum{stage="waited"}': 0.02,
      'postern_verification_work_seconds_sum{stage="ran"}': 0.005,
      postern_verification_threads_lost_total: 1,
      'postern_verdicts_total{verdict="reject"}': 1,
      'postern_verdicts_total{verdict="accept"}': 1,
      'postern_verdict_codes_total{verdict="reject",code="tdx.tcb.status"}': 1,
      'postern_verdict_codes_total{verdict="reject",code="snp.report.debug"}': 1,
      'postern_endorsement_age_seconds{kind="tdx.tcb-info"}': 3600,
      postern_reattestation_lag_seconds: 7,
      'postern_nodes{state="lapsed"}': 3,
      postern_ledger_leaves: 1_000_001,
    });
  });

  it('of endorsements are of the kinds that are used still', async () => {
    const metrics = createMetrics();
    const ages = async () =>
      [...(await samples(metrics))].filter(([name]) => name.includes('endorsement_age'));
    metrics.endorsementAges(
      new Map([
        ['tdx.crl', 60],
        ['nvidia.ocsp', 90_000],
      ]),
    );
    expect(await ages()).toHaveLength(2);
    metrics.endorsementAges(new Map([['tdx.crl', 75]]));
    expect(await ages()).toEqual([['postern_endorsement_age_seconds{kind="tdx.crl"}', 75]]);
    metrics.endorsementAges(new Map());
    expect(await ages()).toEqual([]);
    metrics.close();
  });

  it('say how late the event loop was, and forget it when it was said', async () => {
    const metrics = createMetrics();
    // Until the measuring timer has looked twice: one look has no delay to compare.
    await expect
      .poll(async () => {
        const until = Date.now() + 60;
        while (Date.now() < until);
        await new Promise((resolve) => setTimeout(resolve, 30));
        return (await samples(metrics)).get('postern_event_loop_delay_seconds{quantile="1"}');
      })
      .toBeGreaterThan(0.03);
    metrics.close();
  });

  it('have a table that strangers can not grow', async () => {
    const metrics = createMetrics();
    metrics.decided(
      'reject',
      Array.from({ length: 5000 }, (_, i) => `policy.assertion.a${i}`),
    );
    metrics.decided('reject', ['evil"\n# HELP x', '', 'A'.repeat(500)]);
    const codes = [...(await samples(metrics)).keys()].filter((key) => key.includes('codes_total'));
    metrics.close();
    expect(codes).toHaveLength(1025);
    expect(codes).toContain('postern_verdict_codes_total{verdict="reject",code="other"}');
  });

  it('of requests are by route and status, and of no route under one name', async () => {
    const bed = gatewayBed();
    await ask(bed, sampleOf('GET', '/v1/nodes/{node}'));
    await ask(bed, { method: 'GET', url: `/v1/nodes/${NODE.replace('0', 'x')}` });
    for (const url of ['/a', '/b', '/v1/c?d=e']) await ask(bed, { method: 'GET', url });
    const text = (await ask(bed, sampleOf('GET', '/metrics'), 'anyone')).body;
    const count = [...text.matchAll(/^postern_http_request_seconds_count\{(.*)\} (\d+)$/gm)];
    expect(count.map(([, labels, n]) => [labels, n])).toEqual([
      ['route="GET /v1/nodes/:node",status="200"', '1'],
      ['route="GET /v1/nodes/:node",status="400"', '1'],
      ['route="none",status="404"', '3'],
    ]);
    bed.metrics.close();
  });

  it('have names of ours, and words that say what they are', async () => {
    const metrics = createMetrics();
    const text = await metrics.text();
    metrics.close();
    const names = [...text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm)];
    expect(names.length).toBe(24);
    for (const [, name] of names) {
      expect(name).toMatch(/^postern_[a-z_]+$/);
      expect(text).toMatch(new RegExp(`^# HELP ${name} .{20,}`, 'm'));
    }
  });
});
