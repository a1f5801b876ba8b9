import type { Role } from '../../core/x509/chain.ts';
import { EXTENSION } from '../../core/x509/extensions.ts';

/** What Intel puts into every certificate of its hierarchy. */
const INTEL_PROFILE = {
  key: 'P-256',
  extensions: [
    EXTENSION.authorityKeyIdentifier,
    EXTENSION.crlDistributionPoints,
    EXTENSION.subjectKeyIdentifier,
    EXTENSION.keyUsage,
    EXTENSION.basicConstraints,
  ],
} as const;

/** Who may sit where in Intel's hierarchy (Intel SGX PCK Certificate and CRL profile). */
export const ROOT_CA: Role = {
  name: 'the root CA',
  commonNames: ['Intel SGX Root CA'],
  kind: 'ca',
  ...INTEL_PROFILE,
};

export const PCK_CA: Role = {
  name: 'the PCK CA',
  commonNames: ['Intel SGX PCK Platform CA', 'Intel SGX PCK Processor CA'],
  kind: 'ca',
  ...INTEL_PROFILE,
};

export const PCK_CERTIFICATE: Role = {
  name: 'the PCK certificate',
  commonNames: ['Intel SGX PCK Certificate'],
  kind: 'end-entity',
  ...INTEL_PROFILE,
};

/** Only this one may sign TCB info and QE identities: any key Intel certified is not enough. */
export const TCB_SIGNER: Role = {
  name: 'the TCB signing certificate',
  commonNames: ['Intel SGX TCB Signing'],
  kind: 'end-entity',
  ...INTEL_PROFILE,
};
