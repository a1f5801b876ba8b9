import { expect, it } from 'vitest';
import { member } from '../../support/fleet-bed.ts';
import { attestAt, bearer, call, enrolAt } from '../../support/gateway-caller.ts';
import { wholeGateway } from '../../support/whole-gateway.ts';

const HOUR = 3_600_000;

it('a gateway forgets by itself what it need not keep, and its log says so', async () => {
  const one = await member('one', { endorsements: 'carried' });
  const more = 'retention: { records: 24h, events: 24h }';
  const before = await wholeGateway({ model: one, more });
  let decision = '';
  try {
    const id = await enrolAt(before, one, 'one');
    decision = String((await attestAt(before, one, id)).json().decision);
    expect(before.rows('events')).toBe(3);
    expect(before.rows('spent')).toBeGreaterThan(0);
  } finally {
    await before.close();
  }
  const soon = await before.again(23 * HOUR);
  try {
    // What was spent has ended long since; what was seen is not old enough.
    await expect.poll(() => soon.rows('spent'), { timeout: 30_000 }).toBe(0);
    const { json } = await call(soon, {
      path: `/v1/decisions/${decision}`,
      headers: bearer(soon.keys.admin),
    });
    expect(json()).not.toHaveProperty('forgotten');
    expect(soon.rows('events')).toBeGreaterThanOrEqual(3);
  } finally {
    await soon.close();
  }
  const later = await before.again(72 * HOUR);
  try {
    const path = `/v1/decisions/${decision}`;
    const asked = async (more = '', key = later.keys.admin) =>
      call(later, { path: path + more, headers: bearer(key) });
    await expect
      .poll(async () => (await asked()).json().forgotten, { timeout: 30_000 })
      .toContain('retention');
    expect(later.rows('events')).toBe(1);
    // The log stays whole: it proves that there was a decision, and which.
    expect((await asked()).json()).toMatchObject({ verdict: 'accept' });
    expect((await asked('/proof')).status).toBe(200);
    expect((await asked('/export', later.keys.auditor)).status).toBe(404);
  } finally {
    await later.close();
  }
}, 120_000);
