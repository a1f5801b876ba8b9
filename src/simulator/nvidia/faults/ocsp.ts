import { utf8 } from '../../../core/bytes/text.ts';
import { append, flipBit, truncate } from '../../damage.ts';
import { basicConstraints, extendedKeyUsage, keyUsage } from '../extensions.ts';
import { type OcspPlan, REASON } from '../ocsp.ts';
import type { NvidiaPlan, OcspName } from '../plan.ts';
import {
  addCertificate,
  certificate,
  type Edit,
  extensions,
  inOrder,
  withoutExtension,
} from './edits.ts';
import type { NvidiaFaults } from './fault.ts';

/** About a device’s certificate, and about a manifest’s signer: the same questions twice. */
const DEVICE = { about: 'provisioner', responder: 'identityResponder', ca: 'identity' } as const;
const RIM = { about: 'rimL3', responder: 'rimCaResponder', ca: 'rimCa' } as const;
const OF = { device: DEVICE, rim: RIM } as const;
type Owner = keyof typeof OF;

const all = { options: { ocsp: 'all' } } as const;
const format = { ...all, fails: ['nvidia.ocsp.format'] } as const;
const unanswered = { ...all, unresolved: ['nvidia.ocsp.format'] } as const;
const stranger = { ...all, fails: ['nvidia.ocsp.certificate'] } as const;

/** Changes the response about one certificate. */
const response =
  (about: OcspName, change: Partial<OcspPlan>): Edit =>
  ({ ocsp }) => {
    Object.assign(ocsp[about], change);
  };

const revoked = (reason: number | undefined): Partial<OcspPlan> => ({
  status: { revokedAt: '2026-03-01T00:00:00Z', reason },
});

const NONCE = utf8('nonce of the OCSP request, 32 b.');

/** Each wrong in the response about the one certificate of this owner. */
function faultsOf<Of extends Owner>(owner: Of) {
  const { about, responder, ca } = OF[owner];
  const fails = (check: 'signature' | 'nonce' | 'status') =>
    ({ ...all, fails: [`nvidia.ocsp.${owner}.${check}`] }) as const;
  const open = { ...all, unresolved: [`nvidia.ocsp.${owner}.validity`] } as const;
  const answer = (change: Partial<OcspPlan>) => response(about, change);
  return {
    of_other_key: {
      describes: 'signed with a key of somebody’s in the responder’s name',
      ...fails('signature'),
      apply: answer({ signedBy: 'evil responder' }),
    },
    bit_of_signature: {
      describes: 'one bit of the signature is wrong',
      ...fails('signature'),
      apply: answer({ signature: flipBit(-1) }),
    },
    responder_without_purpose: {
      describes: 'signed by somebody whom the issuer did not appoint to answer',
      ...fails('signature'),
      apply: withoutExtension(responder, 'extendedKeyUsage'),
    },
    responder_other_purpose: {
      describes: 'signed by somebody appointed for something else',
      ...fails('signature'),
      apply: extensions(responder, { extendedKeyUsage: extendedKeyUsage('1.3.6.1.5.5.7.3.1') }),
    },
    responder_is_ca: {
      describes: 'signed by a responder that is a CA besides',
      ...fails('signature'),
      apply: extensions(responder, { basicConstraints: basicConstraints('ca') }),
    },
    responder_signs_nothing: {
      describes: 'signed by a responder whose key may not sign answers',
      ...fails('signature'),
      apply: extensions(responder, { keyUsage: keyUsage(0x04) }),
    },
    responder_forged: {
      describes: 'signed by somebody who appointed himself in the CA’s name',
      ...fails('signature'),
      apply: certificate(responder, { signedBy: 'evil CA' }),
    },
    responder_of_another_ca: {
      describes: 'signed by the responder of another CA of the same hierarchy',
      ...fails('signature'),
      apply: (plan: NvidiaPlan) => {
        const other = owner === 'device' ? 'rootResponder' : 'rimRootResponder';
        answer({ responder: other, certificates: [other] })(plan);
      },
    },
    responder_missing: {
      describes: 'no certificate of whoever signed',
      ...fails('signature'),
      apply: answer({ certificates: [] }),
    },
    responder_by_itself: {
      describes: 'signed by the very certificate that it is about',
      ...fails('signature'),
      apply: answer({ responder: about, certificates: [about] }),
    },
    from_the_future: {
      describes: 'an answer for a day that begins in a second',
      ...open,
      apply: answer({ thisUpdate: '2026-06-01T00:00:01Z', nextUpdate: '2026-06-02T00:00:00Z' }),
    },
    stale: {
      describes: 'an answer for a day that ended a second ago',
      ...open,
      apply: answer({ thisUpdate: '2026-05-30T23:59:59Z', nextUpdate: '2026-05-31T23:59:59Z' }),
    },
    responder_expired: {
      describes: 'the responder’s certificate ended a second ago',
      ...open,
      apply: certificate(responder, { notAfter: '2026-05-31T23:59:59Z' }),
    },
    nonce_missing: {
      describes: 'no nonce, though it was asked with one: perhaps an older answer',
      ...fails('nonce'),
      apply: answer({ askedNonce: NONCE }),
    },
    nonce_other: {
      describes: 'the nonce of another request',
      ...fails('nonce'),
      apply: answer({ askedNonce: NONCE, nonce: flipBit(0)(NONCE) }),
    },
    nonce_of_a_single_response: {
      describes: 'the nonce where extensions of the one answer stand, not of the response',
      ...fails('nonce'),
      apply: answer({ askedNonce: NONCE, nonce: NONCE, nonceIn: 'singleExtensions' }),
    },
    revoked: {
      describes: 'revoked: its key is compromised',
      ...fails('status'),
      apply: answer(revoked(REASON.keyCompromise)),
    },
    revoked_for_no_reason: {
      describes: 'revoked, no reason given',
      ...fails('status'),
      apply: answer(revoked(undefined)),
    },
    on_hold: {
      describes: 'on hold',
      ...fails('status'),
      apply: answer(revoked(REASON.certificateHold)),
    },
    unknown: {
      describes: 'the service does not know it',
      ...fails('status'),
      apply: answer({ status: 'unknown' }),
    },
    revoked_ca: {
      describes: 'the CA above is revoked',
      ...fails('status'),
      apply: response(ca, revoked(REASON.keyCompromise)),
    },
  } as const;
}

type Prefixed<Prefix extends string, Of> = {
  [Name in keyof Of as `${Prefix}_${Name & string}`]: Of[Name];
};

function prefixed<Prefix extends string, Of extends Record<string, unknown>>(
  prefix: Prefix,
  of: Of,
): Prefixed<Prefix, Of> {
  return Object.fromEntries(
    Object.entries(of).map(([name, value]) => [`${prefix}_${name}`, value]),
  ) as Prefixed<Prefix, Of>;
}

export const OCSP_FAULTS = {
  ocsp_empty: {
    describes: 'a response of no bytes',
    ...format,
    apply: response('brom', { afterSigning: truncate(0) }),
  },
  ocsp_cut: {
    describes: 'a response that ends too early',
    ...format,
    apply: response('brom', { afterSigning: truncate(300) }),
  },
  ocsp_tail: {
    describes: 'a byte behind a response',
    ...format,
    apply: response('brom', { afterSigning: append(Uint8Array.of(0)) }),
  },
  ocsp_html: {
    describes: 'a page about an error in the place of a response',
    ...format,
    apply: response('brom', { afterSigning: () => utf8('<html>502 Bad Gateway</html>') }),
  },
  ocsp_status_reserved: {
    describes: 'a status of the response that there is not',
    ...format,
    apply: response('brom', { responseStatus: 4 }),
  },
  ocsp_without_next_update: {
    describes: 'an answer that does not say until when it is good',
    ...format,
    apply: response('brom', { nextUpdate: undefined }),
  },
  ocsp_malformed_request: {
    describes: 'the service did not understand the request',
    ...unanswered,
    apply: response('brom', { responseStatus: 1 }),
  },
  ocsp_internal_error: {
    describes: 'the service failed',
    ...unanswered,
    apply: response('brom', { responseStatus: 2 }),
  },
  ocsp_try_later: {
    describes: 'the service asks for patience',
    ...unanswered,
    apply: response('brom', { responseStatus: 3 }),
  },
  ocsp_unauthorized: {
    describes: 'the service does not answer for this issuer',
    ...unanswered,
    apply: response('brom', { responseStatus: 6 }),
  },
  ocsp_of_another_device: {
    describes: 'a good answer, about another device',
    ...stranger,
    apply: response('brom', { serial: '410102030405060708' }),
  },
  ocsp_of_another_issuer: {
    describes: 'the serial number under another issuer, where it is somebody else’s',
    ...stranger,
    apply: response('brom', { issuer: 'identity' }),
  },
  ocsp_sha1: {
    describes: 'a certificate cleared under a name by SHA-1, in which two can be made alike',
    ...all,
    unresolved: ['nvidia.ocsp.certificate'],
    apply: response('brom', { hash: 'sha1' }),
  },
  ...prefixed('ocsp_device', faultsOf('device')),
  ...prefixed('ocsp_rim', faultsOf('rim')),
  ocsp_device_appointed_by_itself: {
    describes: 'the device’s own key signs that the device is good',
    ...all,
    fails: ['nvidia.ocsp.device.signature'],
    apply: (plan) => {
      addCertificate(plan, 'ownResponder', 'provisionerResponder', { issuer: 'brom' });
      response('brom', { responder: 'ownResponder', certificates: ['ownResponder'] })(plan);
    },
  },
  ocsp_device_on_hold_while_manifests_may: {
    describes: 'a device on hold, where only manifests may be',
    ...all,
    fails: ['nvidia.ocsp.device.status'],
    apply: response('brom', revoked(REASON.certificateHold)),
    asks: () => ({ relax: { rimHold: true } }),
  },
  ocsp_rim_revoked_while_holds_may: {
    describes: 'a manifest’s signer revoked, where only holds are allowed',
    ...all,
    fails: ['nvidia.ocsp.rim.status'],
    apply: response('vbiosSigner', revoked(REASON.keyCompromise)),
    asks: () => ({ relax: { rimHold: true } }),
  },
  ocsp_required_and_missing: {
    describes: 'responses are required, and there is none',
    unresolved: ['nvidia.ocsp.device.status', 'nvidia.ocsp.rim.status'],
    asks: () => ({ revocation: 'required' }),
  },
  ocsp_required_of_manifests: {
    describes: 'responses are required, and only those about the device are there',
    options: { ocsp: 'device' },
    unresolved: ['nvidia.ocsp.rim.status'],
    asks: () => ({ revocation: 'required' }),
  },
  ocsp_required_of_the_device: {
    describes: 'responses are required, and the one about the device itself is not there',
    ...all,
    unresolved: ['nvidia.ocsp.device.status'],
    apply: ({ handed }) => {
      handed.ocsp = handed.ocsp.filter((name) => name !== 'brom');
    },
    asks: () => ({ revocation: 'required' }),
  },
  ocsp_revoked_and_good: {
    describes: 'two answers about one certificate, the one that it is revoked last',
    ...all,
    fails: ['nvidia.ocsp.device.status'],
    apply: inOrder(({ ocsp, handed }) => {
      ocsp['second'] = { ...ocsp.brom, ...revoked(REASON.keyCompromise) };
      handed.ocsp.push('second');
    }),
  },
} as const satisfies NvidiaFaults;
