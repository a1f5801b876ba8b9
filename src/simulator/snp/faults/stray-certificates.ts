import { flipBit } from '../../damage.ts';
import { simulatorName } from '../certificates.ts';
import type { SnpCertificate } from '../hierarchy.ts';
import { type SnpPlan, standardTable } from '../plan.ts';
import type { SnpFaults } from './fault.ts';
import { add } from './further-certificates.ts';

const intermediate = { fails: ['snp.vek.intermediate'] } as const;

/** More than a reader has to look through. */
const TOO_MANY = 17;

/** A good ASK, and a certificate beside it that nobody asked for. */
const beside =
  (like: 'ark' | 'ask' | 'asvk' | 'vcek', change: (plan: SnpPlan) => Partial<SnpCertificate>) =>
  (plan: SnpPlan) => {
    add(plan, 'stray', like, change(plan));
    plan.handed.chain = ['ask', 'stray'];
  };

export const STRAY_CERTIFICATE_FAULTS = {
  stray_renamed_root: {
    describes: 'a good chain, and the root under another name, which makes it look like no root',
    ...intermediate,
    apply: beside('ark', ({ certificates: { ark } }) => ({
      subject: simulatorName(`${ark.subject.commonName}-2`),
    })),
  },
  stray_tampered_ask: {
    describes: 'a good ASK, and behind it the same with one bit of its signature wrong',
    ...intermediate,
    apply: beside('ask', () => ({ afterSigning: flipBit(-1) })),
  },
  stray_tampered_ask_first: {
    describes: 'the same, the wrong one first: its key signed the VCEK certificate, so it counts',
    fails: ['snp.vek.chain'],
    apply: (plan) => {
      add(plan, 'stray', 'ask', { afterSigning: flipBit(-1) });
      plan.handed.chain = ['stray', 'ask'];
    },
  },
  stray_forged_ask: {
    describes: 'a good ASK, and one of somebody else’s key that names the genuine root',
    ...intermediate,
    apply: beside('ask', () => ({ key: 'evil ask', signedBy: 'evil ark' })),
  },
  stray_ask_not_ca: {
    describes: 'a good ASK, and one that the root signed and that is no CA',
    ...intermediate,
    apply: beside('ask', ({ certificates: { ask } }) => ({
      ca: { ...ask.ca, constraint: 'end-entity', pathLength: undefined },
    })),
  },
  stray_ask_of_no_anchor: {
    describes: 'a good ASK, and one whose root is nobody’s anchor',
    ...intermediate,
    apply: beside('ask', () => ({
      issuerName: simulatorName('ARK-Nowhere'),
      signedBy: 'evil ark',
    })),
  },
  stray_vcek: {
    describes: 'a good chain, and among the CAs another VCEK certificate of the same chip',
    ...intermediate,
    apply: beside('vcek', () => ({ notAfter: '2034-02-05T01:04:33Z' })),
  },
  stray_in_table: {
    describes: 'a tampered ASK in the table where the root belongs',
    ...intermediate,
    apply: (plan) => {
      add(plan, 'stray', 'ask', { afterSigning: flipBit(-1) });
      Object.assign(plan.handed, { vek: undefined, chain: [] });
      plan.table = standardTable('vcek');
      plan.table.entries[2] = { guid: 'ark', holds: 'stray', form: 'der' };
    },
  },
  chain_of_too_many: {
    describes: 'the good ASK seventeen times',
    ...intermediate,
    apply: ({ handed }) => {
      handed.chain = new Array<string>(TOO_MANY).fill('ask');
    },
  },
} as const satisfies SnpFaults;
