import { HARMLESS_PEM, one, type PemChange } from '../../mutators/pem.ts';
import { otherSOfDer } from '../ecdsa.ts';

export const HARMLESS_CHAIN: Readonly<Record<string, PemChange>> = {
  ...HARMLESS_PEM,
  'other s of a certificate': one((_random, der) => otherSOfDer(der)),
};
