import { fromBase64, toBase64 } from '../../../core/encoding/base64.ts';
import { P384_ORDER } from '../../p384-keys.ts';
import type { RimPlan } from '../rim.ts';
import type { NvidiaFaults } from './fault.ts';
import { find, NOT_COMPARED, vbios } from './rim-edits.ts';

const signature = { fails: ['nvidia.rim.vbios.signature'], unresolved: NOT_COMPARED } as const;

function changed(describes: string, change: Partial<RimPlan>) {
  return { describes, ...signature, apply: vbios(change) } as const;
}

/** In the right form, and not the signature of this. */
export const RIM_SIGNATURE_FAULTS = {
  rim_value_changed: changed('one digit of a value is not what was signed', {
    afterWriting: (xml) => xml.replace(/(index="1" active="True".*?Hash0=")(.)/, flipDigit),
  }),
  rim_deactivated: changed('a measurement deactivated after signing', {
    afterWriting: (xml) => xml.replace('active="True"', 'active="False"'),
  }),
  rim_version_changed: changed('the version of the device, written in after signing', {
    version: '96.00.9F.00.01',
    afterWriting: (xml) => xml.replace('96.00.9F.00.01', '96.00.A5.00.01'),
  }),
  rim_blank_added: changed('a blank more between two rows', {
    afterWriting: (xml) => xml.replace('\n        <ns0:Resource', '\n         <ns0:Resource'),
  }),
  rim_digest_wrong: changed('the digest of something else', {
    editSignedInfo: (signedInfo) => {
      const digest = find(signedInfo, 'ds:DigestValue');
      const value = fromBase64(digest.children.join(''), 'simulator.rim');
      digest.children = [toBase64(value.reverse())];
    },
  }),
  rim_of_other_key: changed('signed with a key of somebody’s', { signedBy: 'evil signer' }),
  rim_of_l3_key: changed('signed with the key of the CA above the signer', {
    signedBy: 'NVIDIA Reference Value L3 GH100 002',
  }),
  rim_of_other_signer: changed('signed by the signer of another kind of manifest', {
    signedBy: 'GH100 driver signer',
  }),
  rim_signature_zero: changed('a signature of zeros', { signature: () => [0n, 0n] }),
  rim_signature_swapped: changed('r and s in each other’s place', { signature: (r, s) => [s, r] }),
  rim_signature_r_is_n: changed('r is the order of the group', {
    signature: (_, s) => [P384_ORDER, s],
  }),
  rim_driver_value_changed: {
    describes: 'one digit of a value of the driver manifest is not what was signed',
    fails: ['nvidia.rim.driver.signature'],
    unresolved: NOT_COMPARED,
    apply: ({ rims }) => {
      rims.driver.afterWriting = (xml) =>
        xml.replace(/(index="21" active="True".*?Hash0=")(.)/, flipDigit);
    },
  },
} as const satisfies NvidiaFaults;

function flipDigit(_: string, before: string, digit: string): string {
  return before + (digit === '0' ? '1' : '0');
}
