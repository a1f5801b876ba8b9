import { utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { append, type Damage, flipBit, truncate } from '../../damage.ts';
import { caName, renamed, shortName } from '../certificates.ts';
import { basicConstraints, strangeAndCritical, subjectKeyIdentifier } from '../extensions.ts';
import type { NvidiaPlan } from '../plan.ts';
import { addCertificate, certificate, type Edit, extensions, inOrder } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';

const format = { fails: ['nvidia.chain.format'] } as const;
const links = { fails: ['nvidia.chain.links'] } as const;
const root = { fails: ['nvidia.chain.root'] } as const;
const validity = { fails: ['nvidia.chain.validity'] } as const;

const hand =
  (...names: string[]): Edit =>
  ({ handed }) => {
    handed.chain = names;
  };

const chainBytes =
  (damage: Damage): Edit =>
  ({ handed }) => {
    handed.afterChain = damage;
  };

/** Every CA of the hierarchy with a key of somebody else’s, and all signed with these. */
function forge({ certificates }: NvidiaPlan): void {
  for (const name of ['root', 'identity', 'provisioner', 'brom'] as const) {
    certificates[name].key = `evil ${certificates[name].key}`;
  }
}

const BEFORE = '2026-05-31T23:59:59Z';
const AFTER = '2026-06-01T00:00:01Z';

export const CHAIN_FAULTS = {
  chain_empty: { describes: 'a chain of no certificates', ...format, apply: hand() },
  chain_root_only: { describes: 'the root and nothing below', ...format, apply: hand('root') },
  chain_without_leaf: {
    describes: 'a chain without its leaf',
    ...format,
    apply: hand('brom', 'provisioner', 'identity', 'root'),
  },
  chain_without_intermediate: {
    describes: 'a chain without its provisioner',
    ...format,
    apply: hand('leaf', 'brom', 'identity', 'root'),
  },
  chain_without_root: {
    describes: 'a chain without its root',
    ...format,
    apply: hand('leaf', 'brom', 'provisioner', 'identity'),
  },
  chain_one_more: {
    describes: 'a certificate more than belongs there',
    ...format,
    apply: hand('leaf', 'brom', 'provisioner', 'identity', 'root', 'rimCa'),
  },
  chain_leaf_twice: {
    describes: 'the leaf twice: which of the two signed?',
    ...format,
    apply: hand('leaf', 'leaf', 'brom', 'provisioner', 'identity', 'root'),
  },
  chain_tail: {
    describes: 'text behind the last certificate',
    ...format,
    apply: chainBytes(append(utf8('end of chain\n'))),
  },
  chain_nul: {
    describes: 'a NUL behind the last certificate, as a C string has it',
    ...format,
    apply: chainBytes(append(Uint8Array.of(0))),
  },
  chain_cut: {
    describes: 'a chain that ends within its root',
    ...format,
    apply: chainBytes(truncate(-40)),
  },
  chain_one_in_der: {
    describes: 'one certificate in DER',
    ...format,
    apply: inOrder(hand('leaf'), ({ handed }) => {
      handed.chainForm = 'der';
    }),
  },
  leaf_tail: {
    describes: 'a byte behind the leaf’s DER',
    ...format,
    apply: certificate('leaf', { afterSigning: append(Uint8Array.of(0)) }),
  },
  leaf_critical_extension: {
    describes: 'a leaf with a critical extension that nobody knows',
    ...format,
    apply: extensions('leaf', { strange: strangeAndCritical }),
  },
  chain_leaf_and_brom_swapped: {
    describes: 'the first two certificates in each other’s place',
    fails: [
      'nvidia.chain.roles',
      'nvidia.chain.links',
      'nvidia.report.signature',
      'nvidia.device.fwid',
    ],
    apply: hand('brom', 'leaf', 'provisioner', 'identity', 'root'),
  },
  chain_root_first: {
    describes: 'the whole chain upside down',
    fails: [
      'nvidia.chain.roles',
      'nvidia.chain.links',
      'nvidia.chain.root',
      'nvidia.report.signature',
      'nvidia.device.fwid',
    ],
    apply: hand('root', 'identity', 'provisioner', 'brom', 'leaf'),
  },
  chain_cas_swapped: {
    describes: 'provisioner and identity CA in each other’s place',
    ...links,
    apply: hand('leaf', 'brom', 'identity', 'provisioner', 'root'),
  },
  leaf_bit_of_signature: {
    describes: 'one bit of the leaf’s signature is wrong',
    ...links,
    apply: certificate('leaf', { afterSigning: flipBit(-1) }),
  },
  leaf_signed_by_itself: {
    describes: 'the leaf signed itself in the name of its device',
    ...links,
    apply: ({ certificates: { leaf } }) => {
      leaf.signedBy = leaf.key;
    },
  },
  leaf_of_another_device: {
    describes: 'the leaf of another device, which has a good report of its own',
    ...links,
    apply: ({ certificates: { leaf } }) => {
      leaf.signedBy = 'GH100 gpu 1 BROM';
    },
  },
  leaf_other_issuer_name: {
    describes: 'a leaf that names another issuer than the certificate behind it',
    ...links,
    apply: ({ certificates: { leaf, brom } }) => {
      leaf.issuerName = renamed(brom.subject, 'serialNumber', '410000000000000000');
    },
  },
  leaf_other_issuer_key: {
    describes: 'a leaf that names another key of its issuer',
    ...links,
    apply: extensions('leaf', {
      authorityKeyIdentifier: ({ subject, issuer }) => {
        const { oid, critical, value } = subjectKeyIdentifier({ subject, issuer });
        return {
          oid: oid.replace('.14', '.35'),
          critical,
          value: concatBytes(Uint8Array.of(0x30, 0x16, 0x80), value.slice(1)),
        };
      },
    }),
  },
  brom_bit_of_signature: {
    describes: 'one bit of the BROM certificate’s signature is wrong',
    ...links,
    apply: certificate('brom', { afterSigning: flipBit(-1) }),
  },
  brom_forged: {
    describes: 'a device that NVIDIA did not make: somebody signed in the provisioner’s name',
    ...links,
    apply: certificate('brom', { signedBy: 'evil provisioner' }),
  },
  brom_of_another_provisioner: {
    describes: 'a device that another of NVIDIA’s CAs issued',
    ...links,
    apply: certificate('brom', { issuerName: caName('NVIDIA GH100 Provisioner ICA 2') }),
  },
  provisioner_of_the_root: {
    describes: 'the root signed the provisioner in the identity CA’s name',
    ...links,
    apply: ({ certificates }) => {
      certificates.provisioner.signedBy = certificates.root.key;
    },
  },
  identity_forged: {
    describes: 'an identity CA that somebody made in the root’s name',
    ...links,
    apply: certificate('identity', { signedBy: 'evil root' }),
  },
  identity_other_organization: {
    describes: 'the name of the issuer differs in its organisation',
    ...links,
    apply: ({ certificates: { provisioner, identity } }) => {
      provisioner.issuerName = renamed(identity.subject, 'organizationName', 'Postern Simulators');
    },
  },
  provisioner_path_length_0: {
    describes: 'a provisioner that allows no CA below itself, and a device that is one',
    ...links,
    apply: extensions('provisioner', {
      basicConstraints: basicConstraints('ca', { pathLength: 0 }),
    }),
  },
  root_forged: {
    describes: 'all of NVIDIA’s names under a root of somebody else’s, which comes along',
    ...root,
    apply: forge,
  },
  root_exchanged: {
    describes: 'a genuine chain, and a root of somebody else’s with the right name behind it',
    fails: ['nvidia.chain.links', 'nvidia.chain.root'],
    apply: (plan) => {
      addCertificate(plan, 'evilRoot', 'root', { key: 'evil root', issuer: 'evilRoot' });
      plan.handed.chain = ['leaf', 'brom', 'provisioner', 'identity', 'evilRoot'];
    },
  },
  root_of_manifests: {
    describes: 'a hierarchy of devices under the root of manifests',
    ...root,
    apply: (plan) => {
      plan.certificates.identity.issuer = 'rimRoot';
      plan.handed.chain = ['leaf', 'brom', 'provisioner', 'identity', 'rimRoot'];
    },
  },
  root_self_signature_broken: {
    describes: 'a root of the pinned key whose own signature is wrong',
    ...root,
    apply: certificate('root', { afterSigning: flipBit(-1) }),
  },
  root_below_another: {
    describes: 'the pinned key in a certificate that is not its own root',
    ...root,
    apply: (plan) => {
      addCertificate(plan, 'above', 'root', {
        subject: shortName('NVIDIA Device Identity CA 0'),
        key: 'root above',
        issuer: 'above',
      });
      plan.certificates.root.issuer = 'above';
    },
  },
  leaf_expired: {
    describes: 'the leaf ended a second ago',
    ...validity,
    apply: certificate('leaf', { notAfter: BEFORE }),
  },
  leaf_not_yet_valid: {
    describes: 'the leaf begins in a second',
    ...validity,
    apply: certificate('leaf', { notBefore: AFTER }),
  },
  brom_expired: {
    describes: 'the BROM certificate ended a second ago',
    ...validity,
    apply: certificate('brom', { notAfter: BEFORE }),
  },
  provisioner_not_yet_valid: {
    describes: 'the provisioner begins in a second',
    ...validity,
    apply: certificate('provisioner', { notBefore: AFTER }),
  },
  identity_expired: {
    describes: 'the identity CA ended a second ago',
    ...validity,
    apply: certificate('identity', { notAfter: BEFORE }),
  },
  root_expired: {
    describes: 'a root of the pinned key that ended a second ago',
    ...validity,
    apply: certificate('root', { notAfter: BEFORE }),
  },
  evidence_from_before: {
    describes: 'the device’s certificates looked at before any of them was issued',
    ...validity,
    apply: ({ at }) => {
      at.evidence = Date.UTC(2019, 0, 1);
    },
  },
} as const satisfies NvidiaFaults;
