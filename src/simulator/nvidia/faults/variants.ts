import { flipBit } from '../../damage.ts';
import { P384_ORDER } from '../../p384-keys.ts';
import { REASON } from '../ocsp.ts';
import { addCertificate, certificate, fields, inOrder, opaque, withoutOpaque } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';
import { measured, nvdec0, row } from './measurements.ts';
import { OPAQUE_VARIANTS } from './opaque-variants.ts';
import { vbios } from './rim-edits.ts';

/** A switch and old firmware have no FWID field: that nothing was compared is said. */
const NO_FWID = ['nvidia.device.fwid'] as const;

const all = { options: { ocsp: 'all' } } as const;

const NONCE = new Uint8Array(32).fill(0x4e);

/** Out of the ordinary and right: a verifier that refuses one of these refuses honest machines. */
export const NVIDIA_VARIANTS = {
  valid: {
    describes: 'nothing out of the ordinary',
    models: ['h100', 'h100-570', 'gb100', 'gb100-575', 'h100-620'],
  },
  valid_without_fwid: {
    describes: 'a device that names no firmware: old drivers, and all switches',
    models: ['h100-535', 'ls10'],
    skipped: NO_FWID,
  },
  valid_ppcie: {
    describes: 'protected PCIe mode; before the driver 590 only a status says so',
    models: ['h100', 'h100-570', 'h100-620'],
    options: { mode: 'ppcie' },
  },
  valid_blackwell_single: {
    describes: 'Blackwell in single-GPU mode',
    models: ['gb100'],
    options: { mode: 'spt' },
  },
  nonce_asked: {
    describes: 'the nonce that was asked for',
    asks: ({ nonce }) => ({ nonce }),
  },
  kind_asked: {
    describes: 'the kind of device that was asked for',
    asks: () => ({ device: 'gpu' }),
  },
  switch_asked: {
    describes: 'the same of a switch',
    models: ['ls10'],
    skipped: NO_FWID,
    asks: () => ({ device: 'switch' }),
  },
  slot_1: {
    describes: 'certificates in slot 1, which request and response agree about',
    apply: fields({ slotId: 1, response: [0x11, 0x60, 0, 1] }),
  },
  blocks_in_other_order: {
    describes: 'the blocks in the other order: each says its index',
    apply: ({ report }) => {
      report.blocks.reverse();
    },
  },
  signature_high_s: {
    describes: 's as its negative modulo the order of the group, which is as good',
    apply: (plan) => {
      plan.signature = (r, s) => [r, P384_ORDER - s];
    },
  },
  opaque_field_allowed: {
    describes: 'a field of an unknown type that the caller allows',
    skipped: ['nvidia.opaque.known'],
    apply: opaque(37, () => Uint8Array.of(1)),
    asks: () => ({ relax: { opaqueTypes: [37] } }),
  },
  opaque_without_nvdec: {
    describes: 'no word about NVDEC0: its firmware is compared',
    apply: withoutOpaque('NVDEC0_STATUS'),
  },
  nvdec_on: {
    describes: 'NVDEC0 is on, and its firmware the right one',
    apply: nvdec0(0xaa),
  },
  nvdec_off_with_other_firmware: {
    describes: 'NVDEC0 is off: what its firmware would be does not matter',
    apply: measured(35, flipBit(0)),
  },
  measurement_of_no_manifest: {
    describes: 'a measurement that no manifest speaks of',
    apply: measured(63, flipBit(0)),
  },
  measurement_last_alternative: {
    describes: 'the last of four alternatives',
    apply: row('driver', 21, (one) => {
      const [value = new Uint8Array(48)] = one.values;
      one.values = [1, 2, 3].map((bit) => flipBit(bit)(value)).concat([value]);
    }),
  },
  root_issued_again: {
    describes: 'another self-signed certificate of the pinned root key, as NVIDIA has one',
    apply: certificate('root', { serial: '0100', notBefore: '2022-02-02T00:00:00Z' }),
  },
  leaf_in_its_last_second: {
    describes: 'a leaf that ends this very second',
    apply: certificate('leaf', { notAfter: '2026-06-01T00:00:00Z' }),
  },
  brom_serial_without_pdi: {
    describes: 'a device whose serial number has no room for a PDI: by itself it needs none',
    apply: ({ certificates: { brom } }) => {
      brom.serial = brom.serial.slice(0, -2);
    },
  },
  chain_with_crlf: {
    describes: 'a chain whose lines end as on Windows',
    apply: ({ handed }) => {
      handed.afterChain = (pem) =>
        new Uint8Array(Buffer.from(Buffer.from(pem).toString('latin1').replaceAll('\n', '\r\n')));
    },
  },
  rims_in_other_order: {
    describes: 'the VBIOS manifest before the one of the driver',
    apply: ({ handed }) => {
      handed.rims.reverse();
    },
  },
  rim_issued_again: {
    describes: 'a manifest signed again two years later by another signer',
    apply: (plan) => {
      addCertificate(plan, 'nextSigner', 'vbiosSigner', {
        key: 'next signer',
        serial: '0a0b0c',
        notBefore: '2026-01-07T00:00:00Z',
        notAfter: '2028-01-07T00:00:00Z',
      });
      Object.assign(plan.rims.vbios, {
        signedBy: 'next signer',
        chain: ['nextSigner', 'rimL3', 'rimCa', 'rimRoot'],
      });
    },
  },
  rim_older_issue_beside: {
    describes: 'a manifest in date, and before it an older issue whose signer expired',
    apply: (plan) => {
      addCertificate(plan, 'lastSigner', 'vbiosSigner', {
        key: 'last signer',
        serial: '0a0b0d',
        notBefore: '2024-01-07T00:00:00Z',
        notAfter: '2026-01-07T00:00:00Z',
      });
      plan.rims['older'] = {
        ...plan.rims.vbios,
        signedBy: 'last signer',
        chain: ['lastSigner', 'rimL3', 'rimCa', 'rimRoot'],
      };
      plan.handed.rims = ['older', 'driver', 'vbios'];
    },
  },
  rim_active_rows_only: {
    describes: 'a manifest that lists only what is active',
    apply: ({ rims: { driver } }) => {
      driver.rows = driver.rows.filter(({ active }) => active);
    },
  },
  rim_with_crlf: {
    describes: 'a manifest whose lines end as on Windows, which a parser makes one of',
    apply: vbios({ afterWriting: (xml) => xml.replaceAll('\n', '\r\n') }),
  },
  rim_with_declaration: {
    describes: 'a manifest with an XML declaration in front',
    apply: vbios({ afterWriting: (xml) => `<?xml version="1.0" encoding="UTF-8"?>\n${xml}` }),
  },
  rim_signature_high_s: {
    describes: 'a manifest whose s is its negative modulo the order of the group',
    apply: vbios({ signature: (r, s) => [r, P384_ORDER - s] }),
  },
  rim_version_lower_case: {
    describes: 'a VBIOS version in lower-case hex',
    apply: ({ rims }) => {
      rims.vbios.version = rims.vbios.version.toLowerCase();
    },
  },
  rim_expired_allowed: {
    describes: 'an expired signer that the caller allows',
    skipped: ['nvidia.rim.vbios.validity'],
    apply: certificate('vbiosSigner', { notAfter: '2026-05-31T23:59:59Z' }),
    asks: () => ({ relax: { rimExpired: true } }),
  },
  ocsp_all: {
    describes: 'good answers about every certificate',
    models: ['h100', 'gb100'],
    ...all,
  },
  ocsp_all_of_a_switch: {
    describes: 'the same of a switch, which has one manifest',
    models: ['ls10'],
    skipped: NO_FWID,
    ...all,
  },
  ocsp_required: {
    describes: 'good answers, which are required',
    ...all,
    asks: () => ({ revocation: 'required' }),
  },
  ocsp_of_the_device_only: {
    describes: 'good answers about the device’s certificates',
    options: { ocsp: 'device' },
  },
  ocsp_one: {
    describes: 'a good answer about one certificate',
    apply: ({ handed }) => {
      handed.ocsp = ['provisioner'];
    },
  },
  ocsp_with_nonce: {
    describes: 'an answer with the nonce that it was asked with',
    ...all,
    apply: ({ ocsp }) => {
      for (const one of [ocsp.brom, ocsp.rimL3]) {
        Object.assign(one, { askedNonce: NONCE, nonce: NONCE });
      }
    },
  },
  ocsp_sha256: {
    describes: 'a certificate named by SHA-256',
    ...all,
    apply: ({ ocsp }) => {
      ocsp.brom.hash = 'sha256';
    },
  },
  ocsp_by_the_issuer: {
    describes: 'an answer that the issuer signed itself',
    ...all,
    apply: ({ ocsp }) => {
      Object.assign(ocsp.brom, { responder: 'provisioner', certificates: [] });
    },
  },
  ocsp_responder_by_name: {
    describes: 'an answer that names its responder and not the key',
    ...all,
    apply: ({ ocsp }) => {
      ocsp.identity.responderId = 'name';
    },
  },
  ocsp_in_its_last_second: {
    describes: 'an answer that ends this very second',
    ...all,
    apply: ({ ocsp }) => {
      ocsp.brom.nextUpdate = '2026-06-01T00:00:00Z';
    },
  },
  ocsp_rim_hold_allowed: {
    describes: 'a manifest on hold, as of drivers before their release, that the caller allows',
    ...all,
    skipped: ['nvidia.ocsp.rim.status'],
    apply: inOrder(({ ocsp }) => {
      ocsp.driverSigner.status = {
        revokedAt: '2026-03-01T00:00:00Z',
        reason: REASON.certificateHold,
      };
    }),
    asks: () => ({ relax: { rimHold: true } }),
  },
  ocsp_of_another_day: {
    describes: 'device and manifest answers of different days, each looked at on its own',
    ...all,
    apply: ({ ocsp, at }) => {
      for (const name of ['driverSigner', 'vbiosSigner', 'rimL3', 'rimCa'] as const) {
        Object.assign(ocsp[name], {
          producedAt: '2026-07-01T00:00:00Z',
          thisUpdate: '2026-07-01T00:00:00Z',
          nextUpdate: '2026-07-02T00:00:00Z',
        });
      }
      at.rimOcsp = Date.UTC(2026, 6, 1, 12);
    },
  },
  ...OPAQUE_VARIANTS,
} as const satisfies NvidiaFaults;
