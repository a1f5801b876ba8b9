import { describe, it } from 'vitest';
import { SNP_FAULTS } from '../../../src/simulator/snp/faults/table.ts';
import { SNP_VARIANTS } from '../../../src/simulator/snp/faults/variants.ts';
import { casesOf, expectFault, expectVariant } from './faulty.ts';

describe('each fault trips its own checks and no other, of every product', () => {
  it.each(casesOf(SNP_FAULTS))('%s %s', expectFault);
});

describe('what is merely out of the ordinary is accepted, of every product', () => {
  it.each(casesOf(SNP_VARIANTS))('%s %s', expectVariant);
});
