import { TAG } from '../../../core/encoding/der.ts';
import { overwrite } from '../../damage.ts';
import { der } from '../../der-writer.ts';
import type { SnpPlan } from '../plan.ts';
import { ia5 } from '../vek-extensions.ts';
import { extended } from './certificate-table.ts';
import { crl } from './crl.ts';
import type { SnpFaults } from './fault.ts';
import { add } from './further-certificates.ts';
import { NO_CHIP } from './vek.ts';

/** A chip id that begins with these bytes, in report and certificate alike. */
const chipBeginning = (bytes: Uint8Array) => (plan: SnpPlan) => {
  plan.report.chipId = overwrite(0, bytes)(plan.report.chipId);
  const { vek } = plan.certificates.vcek;
  vek.hwID = plan.report.chipId.slice(0, vek.hwID?.length);
};

export const CERTIFICATE_VARIANTS = {
  hwid_octet_string: {
    describes: 'the hardware id in an OCTET STRING',
    apply: ({ certificates: { vcek } }) => {
      vcek.vek.hwID = der(TAG.octetString, vcek.vek.hwID ?? new Uint8Array());
    },
  },
  hwid_begins_02: {
    describes: 'a raw hardware id that begins like an INTEGER',
    apply: chipBeginning(Uint8Array.of(0x02, 0x01)),
  },
  hwid_begins_04: {
    describes: 'a raw hardware id that begins like an OCTET STRING of its own rest',
    apply: (plan) => {
      const length = plan.certificates.vcek.vek.hwID?.length ?? 0;
      chipBeginning(Uint8Array.of(0x04, length - 2))(plan);
    },
  },
  vcek_reissued: {
    describes: 'the same key, certified again with other dates',
    apply: ({ certificates: { vcek } }) => {
      vcek.notBefore = '2025-12-29T00:00:00Z';
      vcek.notAfter = '2032-12-29T00:00:00Z';
    },
  },
  vcek_older_encoding: {
    describes: 'a VCEK certificate with the trailer field spelled out, as until 2025',
    apply: ({ certificates: { vcek } }) => {
      vcek.scheme = 'pss with trailer field';
    },
  },
  ca_newer_encoding: {
    describes: 'an ASK with the trailer field left out',
    apply: ({ certificates: { ask } }) => {
      ask.scheme = 'pss';
    },
  },
  product_name_with_stepping: {
    describes: 'a product name with a stepping, whatever the part’s is',
    apply: ({ certificates: { vcek, ark } }) => {
      const line = ark.subject.commonName.replace('ARK-', '');
      vcek.vek.productName = ia5(`${line}-B1`);
    },
  },
  vcek_last_second: {
    describes: 'the last second of the VCEK certificate',
    apply: ({ certificates: { vcek } }) => {
      vcek.notAfter = '2026-06-01T00:00:00Z';
    },
  },
  vcek_first_second: {
    describes: 'the first second of the VCEK certificate',
    apply: ({ certificates: { vcek } }) => {
      vcek.notBefore = '2026-06-01T00:00:00Z';
    },
  },
  chain_with_root: {
    describes: 'the root handed over besides, first',
    apply: ({ handed }) => {
      handed.chain = ['ark', 'ask'];
    },
  },
  chain_with_both_intermediates: {
    describes: 'ASK and ASVK handed over together',
    apply: ({ handed }) => {
      handed.chain = ['asvk', 'ask'];
    },
  },
  chain_with_two_of_one_name: {
    describes: 'another intermediate of the same name besides: the one that signed counts',
    apply: (plan) => {
      add(plan, 'otherAsk', 'ask', { key: 'other ask', serial: '020003' });
      plan.handed.chain = ['otherAsk', 'ask'];
    },
  },
  chain_with_leaf: {
    describes: 'a bundle that begins with the VCEK certificate itself',
    apply: ({ handed }) => {
      handed.chain = ['vcek', 'ask', 'ark'];
    },
  },
  chain_of_sixteen: {
    describes: 'the good ASK sixteen times, which is the most',
    apply: ({ handed }) => {
      handed.chain = new Array<string>(16).fill('ask');
    },
  },
  root_reissued: {
    describes: 'a root of the pinned key, certified again with other dates',
    apply: (plan) => {
      add(plan, 'newArk', 'ark', { issuer: 'newArk', notAfter: '2050-01-01T00:00:00Z' });
      plan.handed.chain = ['ask', 'newArk'];
    },
  },
  all_in_pem: {
    describes: 'certificates and CRL in PEM',
    apply: ({ handed }) => {
      Object.assign(handed, { vekForm: 'pem', chainForm: 'pem', crl: 'pem' });
    },
  },
  crl_ok: { describes: 'a CRL in AMD’s profile that revokes nobody', apply: crl() },
  crl_vlek_ok: {
    describes: 'a CRL for a VLEK',
    options: { signer: 'vlek' },
    skipped: NO_CHIP,
    apply: crl(),
  },
  crl_with_extensions: {
    describes: 'a CRL with number and authority key identifier',
    apply: crl({ extensions: 'number-and-authority' }),
  },
  crl_older_encoding: {
    describes: 'a CRL with the trailer field spelled out',
    apply: crl({ scheme: 'pss with trailer field' }),
  },
  crl_revokes_others: {
    describes: 'a CRL that revokes the ASVK, while the ASK is in use',
    apply: (plan) => {
      const { serial } = plan.certificates.asvk;
      crl({ revoked: [{ serial, at: '2026-05-10T00:00:00Z' }] })(plan);
    },
  },
  crl_lists_serial_zero: {
    describes: 'a CRL with serial number 0, which all VCEKs have: the root issued none of them',
    apply: crl({ revoked: [{ serial: '00', at: '2026-05-10T00:00:00Z' }] }),
  },
  crl_last_second: {
    describes: 'the last second of the CRL',
    apply: crl({ nextUpdate: '2026-06-01T00:00:00Z' }),
  },
  table_crl_stale: {
    describes: 'a CRL in the table that ended a second ago: it can only revoke, and revokes nobody',
    apply: extended((table, { crl: list }) => {
      list.nextUpdate = '2026-05-31T23:59:59Z';
      table.entries.push({ guid: 'crl', holds: 'crl', form: 'der' });
    }),
  },
  table_crl_unreadable: {
    describes: 'what is no CRL in the entry of one: it can revoke nobody',
    apply: extended((table) => {
      table.entries.push({ guid: 'crl', holds: new Uint8Array(64).fill(0xaa), form: 'der' });
    }),
  },
  table_crl_of_evil_root: {
    describes: 'a CRL in the table that revokes the ASK, and not by the root’s hand',
    apply: extended((table, { certificates: { ask }, crl: list }) => {
      list.signedBy = 'evil ark';
      list.revoked = [{ serial: ask.serial, at: '2026-05-10T00:00:00Z' }];
      table.entries.push({ guid: 'crl', holds: 'crl', form: 'der' });
    }),
  },
  table_vcek: { describes: 'all certificates in the table behind the report', apply: extended() },
  table_vlek: {
    describes: 'a VLEK and its CAs in the table',
    options: { signer: 'vlek' },
    skipped: NO_CHIP,
    apply: extended(undefined, 'vlek'),
  },
  table_in_pem: {
    describes: 'a table whose certificates are in PEM',
    apply: extended((table) => {
      table.entries = table.entries.map((entry) => ({ ...entry, form: 'pem' }));
    }),
  },
  table_without_root: {
    describes: 'a table without the root, which nobody needs',
    apply: extended((table) => {
      table.entries.pop();
    }),
  },
  table_with_crl: {
    describes: 'a table with a CRL',
    apply: extended((table) => {
      table.entries.push({ guid: 'crl', holds: 'crl', form: 'der' });
    }),
  },
  table_with_unknown_entry: {
    describes:
      'a table with an entry that this release does not know, and one that it does not use',
    apply: extended((table) => {
      const platformInfo = Uint8Array.of(8, 0, 0, 0, 0x12, 0x0f, 0xa1, 0x00);
      table.entries.unshift({ guid: 'unknown', holds: new Uint8Array(5).fill(0xee), form: 'der' });
      table.entries.push({ guid: 'platformInfo', holds: platformInfo, form: 'der' });
    }),
  },
  table_behind_better: {
    describes: 'certificates handed over, and a table of somebody else’s, which comes second',
    apply: (plan) => {
      const { handed } = plan;
      const { vek, chain } = handed;
      extended((table) => {
        table.entries = [{ guid: 'vcek', holds: new Uint8Array(64).fill(0xaa), form: 'der' }];
      })(plan);
      Object.assign(handed, { vek, chain });
    },
  },
  table_beside_vek: {
    describes: 'the VCEK certificate handed over, the CAs in the table',
    apply: (plan) => {
      extended((table) => {
        table.entries.shift();
      })(plan);
      plan.handed.vek = 'vcek';
    },
  },
} as const satisfies SnpFaults;
