import { toHex } from '../../core/bytes/hex.ts';
import type { Damage } from '../damage.ts';
import { deriveBytes } from '../keys.ts';
import { caName, deviceName, type NvidiaName, shortName, signerName } from './certificates.ts';
import {
  caExtensions,
  compositeFirmwareId,
  type Extensions,
  keyIdentifier,
  keyUsage,
  leafExtensions,
  RIM_ROOT_EXTENSIONS,
  RIM_SIGNER_EXTENSIONS,
  responderExtensions,
  tcbInfoFirmwareId,
} from './extensions.ts';
import { publicKeyInfo } from './keys.ts';
import { NVIDIA_MODELS, type NvidiaModel } from './model.ts';
import { pdiOf } from './opaque.ts';

export interface NvidiaCertificate {
  subject: NvidiaName;
  keyType: 'P-384' | 'P-256';
  /** Label of the subject's key. */
  key: string;
  /** Name, in the plan, of the certificate that issued this one. */
  issuer: string;
  /** What it says of its issuer, where that is not the issuer's own subject. */
  issuerName?: NvidiaName;
  /** Label of the key that signs, when it is not the issuer's own. */
  signedBy?: string;
  /** Hex. */
  serial: string;
  notBefore: string;
  notAfter: string;
  extensions: Extensions;
  /** What happens to the DER after it was signed. */
  afterSigning: Damage;
}

/** The device whose hierarchy is wanted. */
export interface DeviceFacts {
  readonly seed: string;
  readonly model: NvidiaModel;
  /** Label in its machine, `gpu 3`. */
  readonly device: string;
  readonly fwid: Uint8Array;
}

/** NVIDIA’s device certificates do not end. */
const FOREVER = '9999-12-31T23:59:59Z';

const CRLS = 'http://crl.ndis.nvidia.com';

/** Of the BROM certificate’s serial number; the PDI of the device follows. */
const FIRST_SERIAL_BYTE = { gpu: '41', switch: '50' } as const;

/** From the root down to the key that signs reports, and who answers for each level by OCSP. */
export function deviceCertificates({ seed, model, device, fwid }: DeviceFacts) {
  const facts = NVIDIA_MODELS[model];
  const { chip, part, issuedFrom, kind } = facts;
  const label = `${chip} ${device}`;
  const bromSerial = FIRST_SERIAL_BYTE[kind] + toHex(pdiOf(seed, device));
  const leafSerial = serialOfKey(seed, `${label} leaf`);
  const info = `NVIDIA:${chip}:48B02D${toHex(deriveBytes(seed, `info ${label}`, 5)).toUpperCase()}`;
  const firmwareId =
    facts.firmwareId === 'composite'
      ? compositeFirmwareId(fwid)
      : tcbInfoFirmwareId(part, [fwid, new Uint8Array(48)]);
  const ca = authority(seed);
  const [one, two, three] = facts.responders;
  return {
    root: ca({
      subject: shortName('NVIDIA Device Identity CA'),
      issuer: 'root',
      notBefore: '2021-11-05T00:00:00Z',
      extensions: caExtensions({}),
    }),
    identity: ca({
      subject: shortName(facts.identity),
      issuer: 'root',
      notBefore: '2022-01-12T00:00:00Z',
      extensions: caExtensions({ crlUrl: `${CRLS}/crl/l1-root.crl`, ocsp: 'named' }),
    }),
    provisioner: ca({
      subject: caName(facts.provisioner),
      issuer: 'identity',
      notBefore: '2022-03-01T00:00:00Z',
      extensions: caExtensions({ crlUrl: `${CRLS}/crl/${facts.crl}.crl`, ocsp: 'named' }),
    }),
    brom: ca({
      subject: deviceName(`${part} BROM`, bromSerial),
      key: `${label} BROM`,
      issuer: 'provisioner',
      serial: bromSerial,
      notBefore: issuedFrom,
      extensions: {
        ...caExtensions({ ocsp: kind === 'gpu' && chip !== 'GH100' ? 'named' : 'not named' }),
        keyUsage: keyUsage(0x04),
      },
    }),
    leaf: ca({
      subject: deviceName(`${part} FMC LF`, leafSerial),
      key: `${label} leaf`,
      issuer: 'brom',
      serial: leafSerial,
      notBefore: issuedFrom,
      extensions: leafExtensions(info, firmwareId),
    }),
    rootResponder: responder(seed, one, 'root', 'device'),
    identityResponder: responder(seed, two, 'identity', 'device'),
    provisionerResponder: responder(seed, three, 'provisioner', 'device'),
  };
}

/** From the root of manifests down to who signs them, and who answers for each level by OCSP. */
export function rimCertificates(seed: string, model: NvidiaModel) {
  const { rimCa, rimL3, rimSigner, rimResponders, product } = NVIDIA_MODELS[model];
  const ca = authority(seed);
  const signer = (kind: 'driver' | 'vbios') =>
    ca({
      subject: signerName(rimSigner),
      key: `${product} ${kind} signer`,
      issuer: 'rimL3',
      serial: toHex(deriveBytes(seed, `serial ${product} ${kind} signer`, 8)),
      notBefore: '2025-06-01T02:08:29Z',
      notAfter: '2027-06-01T02:08:29Z',
      extensions: { ...RIM_SIGNER_EXTENSIONS },
    });
  const [one, two, three] = rimResponders;
  return {
    rimRoot: ca({
      subject: shortName('NVIDIA CoRIM signing Root CA').toReversed(),
      issuer: 'rimRoot',
      notBefore: '2023-03-16T15:37:34Z',
      notAfter: '2053-03-08T15:37:34Z',
      extensions: { ...RIM_ROOT_EXTENSIONS },
    }),
    rimCa: ca({
      subject: caName(rimCa),
      issuer: 'rimRoot',
      notBefore: '2023-05-11T00:00:00Z',
      notAfter: '2033-05-11T23:59:59Z',
      extensions: caExtensions({ crlUrl: `${CRLS}/crl-corim/l1-corim`, ocsp: 'named' }),
    }),
    rimL3: ca({
      subject: caName(rimL3),
      issuer: 'rimCa',
      notBefore: '2024-10-31T00:00:00Z',
      notAfter: '2028-04-30T23:59:59Z',
      extensions: caExtensions({ pathLength: 0, ocsp: 'named' }),
    }),
    driverSigner: signer('driver'),
    vbiosSigner: signer('vbios'),
    rimRootResponder: responder(seed, one, 'rimRoot', 'rim'),
    rimCaResponder: responder(seed, two, 'rimCa', 'rim'),
    rimL3Responder: responder(seed, three, 'rimL3', 'rim'),
  };
}

type Given = Pick<NvidiaCertificate, 'subject' | 'issuer' | 'notBefore' | 'extensions'> &
  Partial<NvidiaCertificate>;

/** What is not said follows from the common name, which nobody else of this seed has. */
function authority(seed: string) {
  return (given: Given): NvidiaCertificate => {
    const commonName = given.subject.find(([type]) => type === 'commonName')?.[1] ?? '';
    return {
      keyType: 'P-384',
      key: commonName,
      serial: positiveSerial(deriveBytes(seed, `serial ${commonName}`, 16)),
      notAfter: FOREVER,
      afterSigning: (der) => der,
      ...given,
    };
  };
}

function responder(seed: string, commonName: string, issuer: string, of: 'device' | 'rim') {
  return authority(seed)({
    subject: caName(commonName),
    issuer,
    notBefore: '2025-05-18T00:00:00Z',
    notAfter: '2028-05-18T23:59:59Z',
    extensions: responderExtensions(of),
  });
}

/** NVIDIA’s leaves are numbered by their keys. */
function serialOfKey(seed: string, label: string): string {
  return positiveSerial(keyIdentifier(publicKeyInfo(seed, label, 'P-384')));
}

function positiveSerial(bytes: Uint8Array): string {
  return toHex(bytes.with(0, ((bytes[0] ?? 0) & 0x7f) | 0x40));
}
