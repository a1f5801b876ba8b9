import Type from 'typebox';
import { hex } from '../../../appraisal/policy/schema/values.ts';
import { fromBase64, toBase64 } from '../../../core/encoding/base64.ts';
import {
  AuthoritiesSchema,
  CertificateProofSchema,
  CertificateRequest,
  IssuedCertificateSchema,
} from '../../../protocol/certificate.ts';
import { writeTime } from '../../../protocol/values.ts';
import type { CertificateService, ProvenLeaf } from '../../certificates/service.ts';
import type { Limits } from '../limits.ts';
import { type Route, route } from '../route.ts';
import { jsonAnswer, jsonBody } from './answer-specs.ts';
import { NodePath } from './node-routes.ts';

const CertificatePath = Type.Object({ certificate: hex(32) }, { additionalProperties: false });

export function certificateRoutes(certificates: CertificateService, limits: Limits): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/nodes/:node/certificates',
      operation: 'certificate.issue',
      summary: 'A certificate for a key that the machine serves with',
      description:
        'Of a machine that is admitted now, for a key that the evidence of this admission shows, and for its own name. It is a leaf of the ledger before it is answered. Whoever takes such certificates trusts whoever holds the authority’s key.',
      params: NodePath,
      body: jsonBody(CertificateRequest, limits.body.json),
      answers: { 201: jsonAnswer('It is in the ledger', IssuedCertificateSchema) },
      problems: ['conflict', 'missing', 'unsupported', 'usage'],
      handle: async ({ params: { node }, body: { use, key, names } }) => {
        const { from, until, leaf, ...issued } = await certificates.issue(node, {
          use,
          key: fromBase64(key, 'body.key'),
          ...(names && { names }),
        });
        const { origin, index } = leaf;
        return {
          status: 201,
          decision: issued.decision,
          body: {
            ...issued,
            notBefore: writeTime(from),
            notAfter: writeTime(until),
            leaf: { origin, index },
          },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/certificate-authorities',
      origins: 'any',
      operation: 'certificate.authorities',
      summary: 'The authorities that certify machines here, and the names that they may give',
      description: 'Take them from somebody you trust: whoever serves this can serve others.',
      answers: { 200: jsonAnswer('Those that there are', AuthoritiesSchema) },
      handle: async () => ({ status: 200, body: authoritiesJson(certificates) }),
    }),
    route({
      method: 'GET',
      path: '/v1/certificates/:certificate/proof',
      origins: 'any',
      operation: 'certificate.prove',
      summary: 'The proof that a certificate is in the ledger, with the decision that it rests on',
      description: 'By SHA-256 of the certificate: SSH’s wire form, DER of TLS.',
      params: CertificatePath,
      answers: { 200: jsonAnswer('Both leaves, proven', CertificateProofSchema) },
      problems: ['missing'],
      handle: async ({ params: { certificate } }) => {
        const { issued, decision } = await certificates.proof(certificate);
        return { status: 200, body: { issued: leafJson(issued), decision: leafJson(decision) } };
      },
    }),
  ];
}

function authoritiesJson(certificates: CertificateService) {
  const { domain, life, pools, ssh, tls } = certificates.authorities();
  return {
    ...(domain !== undefined && { domain }),
    ...(life !== undefined && { life: Math.floor(life / 1000) }),
    pools: pools.map(({ pool, hosts }) => ({
      pool,
      hosts,
      ...(ssh && { knownHosts: `@cert-authority ${hosts} ${ssh.key}` }),
    })),
    ...(ssh && { ssh }),
    ...(tls && { tls }),
  };
}

function leafJson({ entry, proof }: ProvenLeaf) {
  return { entry: toBase64(entry), proof: toBase64(proof) };
}
