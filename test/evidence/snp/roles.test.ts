import { describe, expect, it } from 'vitest';
import { ARK, INTERMEDIATE, lineOfRoot, officeOf } from '../../../src/evidence/snp/roles.ts';

const OFFICES = {
  'SEV-Milan': { line: 'milan', signs: 'vcek' },
  'SEV-VLEK-Milan': { line: 'milan', signs: 'vlek' },
  'SEV-Genoa': { line: 'genoa', signs: 'vcek' },
  'SEV-VLEK-Genoa': { line: 'genoa', signs: 'vlek' },
  'SEV-Turin': { line: 'turin', signs: 'vcek' },
  'SEV-VLEK-Turin': { line: 'turin', signs: 'vlek' },
};

describe('intermediates', () => {
  it.each(Object.entries(OFFICES))('%s', (name, office) => {
    expect(officeOf(name)).toEqual(office);
  });

  it('are these and no others', () => {
    expect(INTERMEDIATE.commonNames.toSorted()).toEqual(Object.keys(OFFICES).toSorted());
  });

  it.each([
    '',
    'SEV-',
    'SEV-Venice',
    'SEV-milan',
    'SEV-Milan ',
    'SEV-VCEK',
    'SEV-VLEK',
    'ARK-Milan',
  ])('“%s” is none', (name) => {
    expect(officeOf(name)).toBeUndefined();
  });
});

describe('roots', () => {
  it.each([
    ['ARK-Milan', 'milan'],
    ['ARK-Genoa', 'genoa'],
    ['ARK-Turin', 'turin'],
  ])('%s', (name, line) => {
    expect(lineOfRoot(name)).toBe(line);
    expect(ARK.commonNames).toContain(name);
  });

  it.each(['', 'ARK', 'ARK-', 'ARK-Venice', 'ARK-milan', 'SEV-Milan'])('“%s” is none', (name) => {
    expect(lineOfRoot(name)).toBeUndefined();
  });
});
