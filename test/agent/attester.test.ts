import { expect, it } from 'vitest';
import { Attester } from '../../src/agent/attesting/attester.ts';
import { keysetBytes } from '../support/keyset.ts';

it('the machine’s own challenge is next, however many strangers wait', async () => {
  const open: (() => void)[] = [];
  const attester = new Attester({
    evidence: {
      devices: async () => {
        await new Promise<void>((resolve) => open.push(resolve));
        return new Uint8Array();
      },
      cpu: async (reportData) => ({ kind: 'snp', report: reportData }),
    },
    waiting: 8,
    shown: () => [],
  });
  const order: string[] = [];
  const challenge = (purpose: string) => ({
    purpose,
    nonce: new Uint8Array(32).fill(1),
    keyset: keysetBytes(),
  });
  const asked = [1, 2, 3].map((n) =>
    attester.asked(challenge('client')).then(() => order.push(`asked ${n}`)),
  );
  const own = attester.own(challenge('admission:https://g')).then(() => order.push('own'));
  while (order.length < 4) {
    open.shift()?.();
    await new Promise(setImmediate);
  }
  await Promise.all([...asked, own]);
  expect(order).toEqual(['asked 1', 'own', 'asked 2', 'asked 3']);
});
