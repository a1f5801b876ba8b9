import { renamed } from '../certificates.ts';
import { basicConstraints, deviceInfo, keyUsage } from '../extensions.ts';
import { certificate, type Edit, extensions, withoutExtension } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';

const roles = { fails: ['nvidia.chain.roles'] } as const;

/** Another common name, in the certificate itself and in those below it. */
const called =
  (name: 'leaf' | 'brom', commonName: string): Edit =>
  ({ certificates }) => {
    const one = certificates[name];
    one.subject = renamed(one.subject, 'commonName', commonName);
  };

export const CHAIN_ROLE_FAULTS = {
  leaf_is_ca: {
    describes: 'a leaf that says it is a CA: it could make others',
    ...roles,
    apply: extensions('leaf', { basicConstraints: basicConstraints('ca') }),
  },
  leaf_signs_certificates_only: {
    describes: 'a leaf whose key may not sign reports',
    ...roles,
    apply: extensions('leaf', { keyUsage: keyUsage(0x04) }),
  },
  leaf_without_key_usage: {
    describes: 'a leaf without key usage',
    ...roles,
    apply: withoutExtension('leaf', 'keyUsage'),
  },
  leaf_key_p256: {
    describes: 'a leaf with a key on the wrong curve',
    ...roles,
    apply: certificate('leaf', { keyType: 'P-256' }),
  },
  leaf_of_another_chip: {
    describes: 'a leaf by its name of another chip than the device it hangs below',
    ...roles,
    apply: called('leaf', 'GB100 A01 GSP FMC LF'),
  },
  leaf_of_a_switch: {
    describes: 'the leaf of a switch below a GPU',
    ...roles,
    apply: called('leaf', 'LS_10 A01 FSP FMC LF'),
  },
  leaf_of_no_device: {
    describes: 'a leaf with a name that no device has',
    ...roles,
    apply: called('leaf', 'GH100 A01 GSP FMC LF 2'),
  },
  leaf_info_of_another_chip: {
    describes: 'a leaf whose device information is of another chip than its name',
    ...roles,
    apply: extensions('leaf', { subjectAltName: deviceInfo('NVIDIA:LS_10:48B02D0000000000') }),
  },
  brom_of_another_chip: {
    describes: 'a device of one chip, a leaf of another',
    ...roles,
    apply: called('brom', 'GB100 A01 GSP BROM'),
  },
  brom_not_ca: {
    describes: 'a BROM certificate that is no CA',
    ...roles,
    apply: extensions('brom', { basicConstraints: basicConstraints('end-entity') }),
  },
  brom_without_basic_constraints: {
    describes: 'a BROM certificate without basic constraints',
    ...roles,
    apply: withoutExtension('brom', 'basicConstraints'),
  },
  brom_signs_no_certificates: {
    describes: 'a BROM certificate whose key may not sign certificates',
    ...roles,
    apply: extensions('brom', { keyUsage: keyUsage(0x80) }),
  },
  provisioner_signs_crls_only: {
    describes: 'a provisioner that may sign CRLs only',
    ...roles,
    apply: extensions('provisioner', { keyUsage: keyUsage(0x02) }),
  },
  identity_not_ca: {
    describes: 'an identity CA that is no CA',
    ...roles,
    apply: extensions('identity', { basicConstraints: basicConstraints('end-entity') }),
  },
} as const satisfies NvidiaFaults;
