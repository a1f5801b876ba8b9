import Type from 'typebox';
import { closed, hex } from '../appraisal/policy/schema/values.ts';
import { base64File, Id, LeafPlace, PoolName, Time } from './values.ts';

/** What a certificate of SSH says it rests on: OpenSSH asks for neither, and lets both be. */
export const SSH_EXTENSIONS = { decision: 'decision@postern', bundle: 'bundle@postern' } as const;

const CertificateUseWord = Type.Enum(['ssh-host', 'tls'], {
  description: 'ssh-host or tls',
});

/** A leaf of the ledger, in bytes. */
const LARGEST_LEAF = 65_535;
/** What shows that it stands there: a path, and a checkpoint of up to a megabyte. In bytes. */
const LARGEST_PROOF = 2_000_000;
/** Of {@link CertificateProofSchema}: two of each in base64, and what stands around them. */
export const LARGEST_CERTIFICATE_PROOF = 3 * (LARGEST_LEAF + LARGEST_PROOF);
const LARGEST_KEY = 1024;

/** Key: the SSH wire form (RFC 4253 section 6.6), or a SubjectPublicKeyInfo in DER. */
export const CertificateRequest = closed({
  use: CertificateUseWord,
  key: base64File(LARGEST_KEY),
  names: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
      minItems: 1,
      maxItems: 8,
      description: 'for whom it has to be; left out: the machine’s own name',
    }),
  ),
});

export const IssuedCertificateSchema = closed({
  use: CertificateUseWord,
  certificate: Type.String({
    description: 'a line of OpenSSH, or PEM with the authority’s certificate behind it',
  }),
  sha256: hex(32),
  names: Type.Array(Type.String()),
  notBefore: Time,
  notAfter: Time,
  decision: Id,
  leaf: LeafPlace,
});

/** Without `ssh` and `tls` nothing is certified here. */
export const AuthoritiesSchema = closed({
  domain: Type.Optional(Type.String({ description: 'below it are all names' })),
  life: Type.Optional(Type.Integer({ minimum: 0, description: 'the longest, in seconds' })),
  pools: Type.Array(
    closed({
      pool: PoolName,
      hosts: Type.String({ description: 'a pattern of its machines’ names' }),
      knownHosts: Type.Optional(Type.String({ description: 'a line for known_hosts' })),
    }),
  ),
  ssh: Type.Optional(closed({ key: Type.String(), fingerprint: Type.String() })),
  tls: Type.Optional(closed({ certificate: Type.String({ description: 'PEM' }) })),
});

const ProvenLeafSchema = closed({
  entry: base64File(LARGEST_LEAF),
  proof: base64File(LARGEST_PROOF),
});

/** Leaves as they stand, and a C2SP tlog-proof of each. */
export const CertificateProofSchema = closed({
  issued: ProvenLeafSchema,
  decision: ProvenLeafSchema,
});
