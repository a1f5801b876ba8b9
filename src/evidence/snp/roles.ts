import type { Role } from '../../core/x509/chain.ts';
import { EXTENSION } from '../../core/x509/extensions.ts';
import { PRODUCT_LINES, type ProductLine } from './product.ts';

export type VekKind = 'vcek' | 'vlek';

/** What an AMD intermediate is for. */
export interface Office {
  readonly line: ProductLine;
  readonly signs: VekKind;
}

const LINES = Object.keys(PRODUCT_LINES) as ProductLine[];

const CA = {
  kind: 'ca',
  key: 'RSA-4096',
  extensions: [EXTENSION.keyUsage, EXTENSION.basicConstraints],
} as const;

export const ARK: Role = {
  name: 'the ARK',
  commonNames: LINES.map((line) => `ARK-${PRODUCT_LINES[line].name}`),
  ...CA,
};

export const INTERMEDIATE: Role = {
  name: 'the ASK or ASVK',
  commonNames: LINES.flatMap((line) => {
    const { name } = PRODUCT_LINES[line];
    return [`SEV-${name}`, `SEV-VLEK-${name}`];
  }),
  ...CA,
};

export const VEK_COMMON_NAMES: Readonly<Record<VekKind, string>> = {
  vcek: 'SEV-VCEK',
  vlek: 'SEV-VLEK',
};

/** Whose certificates an intermediate of this common name signs. */
export function officeOf(commonName: string): Office | undefined {
  for (const line of LINES) {
    const { name } = PRODUCT_LINES[line];
    if (commonName === `SEV-${name}`) return { line, signs: 'vcek' };
    if (commonName === `SEV-VLEK-${name}`) return { line, signs: 'vlek' };
  }
  return undefined;
}

/** The product line of an ARK of this common name. */
export function lineOfRoot(commonName: string): ProductLine | undefined {
  return LINES.find((line) => commonName === `ARK-${PRODUCT_LINES[line].name}`);
}
