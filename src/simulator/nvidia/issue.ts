import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { toPem } from '../../core/encoding/pem.ts';
import type { OcspInput } from '../../evidence/nvidia/input.ts';
import { deriveP384Key } from '../p384-keys.ts';
import { encodeCertificate } from './certificates.ts';
import type { NvidiaCertificate } from './hierarchy.ts';
import { publicKeyInfo } from './keys.ts';
import { encodeOcspResponse } from './ocsp.ts';
import type { NvidiaPlan } from './plan.ts';
import { encodeExchange, encodeNumbers, numbersOf } from './report.ts';
import { signRim } from './rim.ts';

/** DER of the certificate of this name in the plan. */
export function certificateOf(plan: NvidiaPlan, name: string): Uint8Array {
  const certificate = certificateNamed(plan, name);
  const issuer = certificateNamed(plan, certificate.issuer);
  const keys = {
    subject: publicKeyInfo(plan.seed, certificate.key, certificate.keyType),
    issuer: publicKeyInfo(plan.seed, issuer.key, issuer.keyType),
  };
  const der = encodeCertificate(
    {
      ...certificate,
      issuer: certificate.issuerName ?? issuer.subject,
      publicKeyInfo: keys.subject,
      extensions: Object.values(certificate.extensions).map((made) => made(keys)),
    },
    deriveP384Key(plan.seed, certificate.signedBy ?? issuer.key).sign,
  );
  return certificate.afterSigning(der);
}

/** What is handed over as the device’s chain. */
export function chainOf(plan: NvidiaPlan): Uint8Array {
  const { chain, chainForm, afterChain } = plan.handed;
  const ders = chain.map((name) => certificateOf(plan, name));
  const written = chainForm === 'der' ? ders : ders.map((der) => utf8(toPem(der, 'CERTIFICATE')));
  return afterChain(concatBytes(...written));
}

/** The manifest of this name in the plan, signed. */
export function rimOf(plan: NvidiaPlan, name: string): Uint8Array {
  const rim = plan.rims[name];
  if (rim === undefined) throw new RangeError(`the plan has no manifest ${name}`);
  const { sign } = deriveP384Key(plan.seed, rim.signedBy);
  return signRim(rim, {
    sign: (message) => encodeNumbers(...rim.signature(...numbersOf(sign(message)))),
    chain: rim.chain.map((name) => certificateOf(plan, name)),
  });
}

/** The response of this name in the plan, and the nonce that it was asked with. */
export function ocspOf(plan: NvidiaPlan, name: string): OcspInput {
  const response = plan.ocsp[name];
  if (response === undefined) throw new RangeError(`the plan has no OCSP response ${name}`);
  const about = certificateNamed(plan, response.about);
  const issuer = certificateNamed(plan, response.issuer ?? about.issuer);
  const responder = certificateNamed(plan, response.responder);
  const key = deriveP384Key(plan.seed, response.signedBy ?? responder.key);
  const der = encodeOcspResponse(response, {
    serial: response.serial ?? about.serial,
    issuerName: issuer.subject,
    issuerKey: publicKeyInfo(plan.seed, issuer.key, issuer.keyType),
    responderName: responder.subject,
    responderKey: publicKeyInfo(plan.seed, responder.key, responder.keyType),
    certificates: response.certificates.map((one) => certificateOf(plan, one)),
    sign: (message) => response.signature(key.sign(message)),
  });
  const { askedNonce } = response;
  return { response: der, ...(askedNonce && { nonce: askedNonce }) };
}

/** @param nonce the requester’s, instead of the plan’s. */
export function reportOf(plan: NvidiaPlan, nonce: Uint8Array): Uint8Array {
  const signed = plan.beforeSigning(encodeExchange({ ...plan.report, nonce }));
  const raw = deriveP384Key(plan.seed, plan.reportSignedBy).sign(plan.signedMessage(signed));
  const signature = encodeNumbers(...plan.signature(...numbersOf(raw)));
  return plan.afterReport(concatBytes(signed, signature));
}

function certificateNamed(plan: NvidiaPlan, name: string): NvidiaCertificate {
  const found = plan.certificates[name];
  if (found === undefined) throw new RangeError(`the plan has no certificate ${name}`);
  return found;
}
