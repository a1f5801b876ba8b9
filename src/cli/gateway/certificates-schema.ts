import Type from 'typebox';
import { closed, Duration } from '../../appraisal/policy/schema/values.ts';
import { Path } from '../config/values.ts';

/** A file, or a key that an ssh-agent holds: in an enclave of its own, on a token. */
const AuthorityKey = Type.String({
  pattern: '^[^\\p{C}\\p{Zl}\\p{Zp}]{1,1200}$',
  description: 'a path, or agent:<socket>#SHA256:<fingerprint>',
});

/** For those who trust an authority of this gateway, and so whoever holds its key. */
export const CertificatesSchema = closed({
  /** Below it are all names: `<node>.<pool>.<domain>`. */
  domain: Type.String({
    maxLength: 200,
    pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)+$',
    description: 'a domain in lower case, e.g. fleet.example.org',
  }),
  /** The most; none outlives the admission that it rests on. */
  life: Type.Optional(Duration),
  ssh: Type.Optional(closed({ key: AuthorityKey })),
  tls: Type.Optional(closed({ key: AuthorityKey, certificate: Path })),
});
