import { flipBit } from '../../damage.ts';
import { renamed, signerName } from '../certificates.ts';
import {
  basicConstraints,
  keyUsage,
  mildExtendedKeyUsage,
  strangeAndCritical,
} from '../extensions.ts';
import type { NvidiaPlan } from '../plan.ts';
import type { RimPlan } from '../rim.ts';
import { addCertificate, certificate, type Edit, extensions, withoutExtension } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';
import { NOT_COMPARED, vbios } from './rim-edits.ts';

const chain = { fails: ['nvidia.rim.vbios.chain'], unresolved: NOT_COMPARED } as const;
const root = { fails: ['nvidia.rim.vbios.root'], unresolved: NOT_COMPARED } as const;
/** Without a chain of its own length there is no root in it either. */
const chainAndRoot = {
  fails: ['nvidia.rim.vbios.chain', 'nvidia.rim.vbios.root'],
  unresolved: NOT_COMPARED,
} as const;
const format = { fails: ['nvidia.rim.vbios.format'], unresolved: NOT_COMPARED } as const;
const validity = { unresolved: ['nvidia.rim.vbios.validity'] } as const;
const match = { fails: ['nvidia.rim.vbios.match'], unresolved: NOT_COMPARED } as const;

const BEFORE = '2026-05-31T23:59:59Z';
const AFTER = '2026-06-01T00:00:01Z';

/** The VBIOS manifest with these certificates, by their names in the plan. */
const signedUnder = (...names: string[]): Edit => vbios({ chain: names });

/** A CA above the VBIOS manifest only: the driver’s keeps its own. */
function another(like: 'rimL3' | 'rimCa' | 'rimRoot', change: (plan: NvidiaPlan) => void): Edit {
  const names = { rimL3: 'vbiosL3', rimCa: 'vbiosCa', rimRoot: 'vbiosRoot' } as const;
  return (plan) => {
    const { certificates, rims } = plan;
    addCertificate(plan, 'vbiosRoot', 'rimRoot', { issuer: 'vbiosRoot' });
    addCertificate(plan, 'vbiosCa', 'rimCa', { issuer: 'vbiosRoot' });
    addCertificate(plan, 'vbiosL3', 'rimL3', { issuer: 'vbiosCa' });
    certificates.vbiosSigner.issuer = 'vbiosL3';
    rims.vbios.chain = ['vbiosSigner', 'vbiosL3', 'vbiosCa', 'vbiosRoot'];
    change(plan);
    if (certificates[names[like]] === undefined) throw new RangeError(like);
  };
}

function titled(describes: string, change: Partial<RimPlan>) {
  return { describes, ...match, apply: vbios(change) } as const;
}

/** CAs of the manifests with keys of somebody else’s, and all signed with these. */
function forge({ certificates }: NvidiaPlan): void {
  for (const name of ['vbiosRoot', 'vbiosCa', 'vbiosL3']) {
    const one = certificates[name];
    if (one) one.key = `evil ${one.key}`;
  }
}

export const RIM_SIGNER_FAULTS = {
  rim_three_certificates: {
    describes: 'a manifest that does not bring its root',
    ...chainAndRoot,
    apply: signedUnder('vbiosSigner', 'rimL3', 'rimCa'),
  },
  rim_five_certificates: {
    describes: 'a manifest with a certificate more than belongs there',
    ...chainAndRoot,
    apply: signedUnder('vbiosSigner', 'rimL3', 'rimCa', 'rimRoot', 'driverSigner'),
  },
  rim_certificates_reversed: {
    describes: 'the certificates upside down',
    fails: ['nvidia.rim.vbios.signature', 'nvidia.rim.vbios.chain', 'nvidia.rim.vbios.root'],
    unresolved: NOT_COMPARED,
    apply: signedUnder('rimRoot', 'rimCa', 'rimL3', 'vbiosSigner'),
  },
  rim_certificate_garbage: {
    describes: 'a signer whose certificate can’t be read',
    ...format,
    apply: certificate('vbiosSigner', { afterSigning: () => new Uint8Array(100) }),
  },
  rim_certificate_critical: {
    describes: 'a signer with a critical extension that nobody knows',
    ...format,
    apply: extensions('vbiosSigner', { strange: strangeAndCritical }),
  },
  rim_signer_is_ca: {
    describes: 'a signer that is a CA',
    ...chain,
    apply: extensions('vbiosSigner', { basicConstraints: basicConstraints('ca') }),
  },
  rim_signer_signs_nothing: {
    describes: 'a signer whose key may not sign manifests',
    ...chain,
    apply: extensions('vbiosSigner', { keyUsage: keyUsage(0x04) }),
  },
  rim_signer_appointed_otherwise: {
    describes: 'a signer whom the CA appointed to answer for OCSP, and not critically so',
    ...chain,
    apply: extensions('vbiosSigner', {
      extendedKeyUsage: mildExtendedKeyUsage('1.3.6.1.5.5.7.3.9'),
    }),
  },
  rim_signer_without_key_usage: {
    describes: 'a signer without key usage',
    ...chain,
    apply: withoutExtension('vbiosSigner', 'keyUsage'),
  },
  rim_signer_bit_of_signature: {
    describes: 'one bit of the signature of the signer’s certificate is wrong',
    ...chain,
    apply: certificate('vbiosSigner', { afterSigning: flipBit(-1) }),
  },
  rim_signer_forged: {
    describes: 'somebody made himself a signer in the CA’s name',
    ...chain,
    apply: certificate('vbiosSigner', { signedBy: 'evil L3' }),
  },
  rim_signer_other_issuer: {
    describes: 'a signer that names another issuer than the certificate behind it',
    ...chain,
    apply: ({ certificates: { vbiosSigner, rimL3 } }) => {
      vbiosSigner.issuerName = renamed(rimL3.subject, 'commonName', 'NVIDIA Reference Value L3');
    },
  },
  rim_signed_by_a_device: {
    describes: 'a manifest that a device signed, with NVIDIA’s chain of the device behind it',
    ...chainAndRoot,
    apply: ({ certificates, rims }) => {
      rims.vbios.signedBy = certificates.leaf.key;
      rims.vbios.chain = ['leaf', 'brom', 'provisioner', 'root'];
    },
  },
  rim_signed_by_a_responder: {
    describes: 'a manifest that the OCSP responder of the signer’s CA signed',
    ...format,
    apply: ({ certificates, rims }) => {
      rims.vbios.signedBy = certificates.rimL3Responder.key;
      rims.vbios.chain = ['rimL3Responder', 'rimL3', 'rimCa', 'rimRoot'];
    },
  },
  rim_signer_below_signer: {
    describes: 'a signer that another signer issued',
    ...chain,
    apply: (plan) => {
      addCertificate(plan, 'lowSigner', 'vbiosSigner', {
        subject: signerName('HCC RIM L5 Signer'),
        key: 'low signer',
        issuer: 'vbiosSigner',
      });
      Object.assign(plan.rims.vbios, {
        signedBy: 'low signer',
        chain: ['lowSigner', 'vbiosSigner', 'rimL3', 'rimRoot'],
      });
    },
  },
  rim_l3_not_ca: {
    describes: 'a CA of signers that is no CA',
    ...chain,
    apply: another(
      'rimL3',
      extensions('vbiosL3', { basicConstraints: basicConstraints('end-entity') }),
    ),
  },
  rim_ca_path_length_0: {
    describes: 'a CA that allows no other below itself',
    ...chain,
    apply: another(
      'rimCa',
      extensions('vbiosCa', { basicConstraints: basicConstraints('ca', { pathLength: 0 }) }),
    ),
  },
  rim_root_forged: {
    describes: 'all of NVIDIA’s names under a root of somebody else’s, which comes along',
    ...root,
    apply: another('rimRoot', forge),
  },
  rim_root_of_devices: {
    describes: 'a manifest under the root of devices',
    ...root,
    apply: another('rimRoot', (plan) => {
      const one = plan.certificates['vbiosCa'];
      if (one) one.issuer = 'root';
      plan.rims.vbios.chain = ['vbiosSigner', 'vbiosL3', 'vbiosCa', 'root'];
    }),
  },
  rim_root_self_signature_broken: {
    describes: 'a root of the pinned key whose own signature is wrong',
    ...root,
    apply: another('rimRoot', certificate('vbiosRoot', { afterSigning: flipBit(-1) })),
  },
  rim_driver_root_forged: {
    describes: 'a driver manifest under a root of somebody else’s',
    fails: ['nvidia.rim.driver.root'],
    unresolved: NOT_COMPARED,
    apply: another('rimRoot', (plan) => {
      plan.rims.vbios.chain = ['vbiosSigner', 'rimL3', 'rimCa', 'rimRoot'];
      plan.certificates.vbiosSigner.issuer = 'rimL3';
      forge(plan);
      plan.certificates.driverSigner.issuer = 'vbiosL3';
      plan.rims.driver.chain = ['driverSigner', 'vbiosL3', 'vbiosCa', 'vbiosRoot'];
    }),
  },
  rim_driver_signer_forged: {
    describes: 'a driver manifest whose signer somebody made in the CA’s name',
    fails: ['nvidia.rim.driver.chain'],
    unresolved: NOT_COMPARED,
    apply: certificate('driverSigner', { signedBy: 'evil L3' }),
  },
  rim_signer_expired: {
    describes: 'the manifest’s signer ended a second ago',
    ...validity,
    apply: certificate('vbiosSigner', { notAfter: BEFORE }),
  },
  rim_signer_not_yet_valid: {
    describes: 'the manifest’s signer begins in a second',
    ...validity,
    apply: certificate('vbiosSigner', { notBefore: AFTER }),
  },
  rim_signer_not_yet_valid_though_allowed_expired: {
    describes: 'a signer that begins in a second, where only expired ones are allowed',
    ...validity,
    apply: certificate('vbiosSigner', { notBefore: AFTER }),
    asks: () => ({ relax: { rimExpired: true } }),
  },
  rim_l3_expired: {
    describes: 'the CA of the manifest’s signer ended a second ago',
    ...validity,
    apply: another('rimL3', certificate('vbiosL3', { notAfter: BEFORE })),
  },
  rim_driver_signer_expired: {
    describes: 'the driver manifest’s signer ended a second ago',
    unresolved: ['nvidia.rim.driver.validity'],
    apply: certificate('driverSigner', { notAfter: BEFORE }),
  },
  rim_all_from_the_future: {
    describes: 'manifests looked at before their signers were issued',
    unresolved: ['nvidia.rim.driver.validity', 'nvidia.rim.vbios.validity'],
    apply: ({ at }) => {
      at.rim = Date.UTC(2025, 0, 1);
    },
  },
  rim_other_version: titled('the manifest of another VBIOS', { version: '96.00.9F.00.01' }),
  rim_next_version: titled('the manifest of the next VBIOS', { version: '96.00.A5.00.02' }),
  rim_other_product: titled('the manifest of another chip', { product: 'GB100' }),
  rim_other_edition: titled('the manifest of a switch', { edition: 'SWITCH' }),
  rim_driver_other_version: {
    describes: 'the manifest of another driver',
    fails: ['nvidia.rim.driver.match'],
    unresolved: NOT_COMPARED,
    apply: ({ rims }) => {
      rims.driver.version = '550.144.03';
    },
  },
  rim_driver_of_hopper: {
    describes: 'the driver manifest of Hopper for a Blackwell device: genuine, and of another chip',
    fails: ['nvidia.rim.driver.match'],
    unresolved: NOT_COMPARED,
    models: ['gb100'],
    apply: ({ rims }) => {
      rims.driver.product = 'GH100';
    },
  },
} as const satisfies NvidiaFaults;
