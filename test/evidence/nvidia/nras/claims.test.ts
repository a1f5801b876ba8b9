import { expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { looksLikeNrasEat, nrasClaims } from '../../../../src/evidence/nvidia/nras/claims.ts';
import { verifyNras } from '../../../../src/evidence/nvidia/nras/verify-nras.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { edited, GOOD, gpu, MACHINE, nvSwitch, statement } from '../../../support/nras.ts';
import { asView } from '../../../support/view.ts';

it('are what each device’s token says', () => {
  const { claims } = verifyNras(edited({ devices: MACHINE }));
  expect(claims).not.toHaveProperty('submodDigest');
  expect(claims['devices']).toMatchObject([
    { name: 'GPU-0', ueid: '1', driverVersion: '550.90.07', vbiosVersion: '96.00.9F.00.01' },
    { name: 'GPU-1', ueid: '2', kid: 'key-1', claims: gpu('2') },
    {
      name: 'SWITCH-0',
      ueid: '3',
      hwmodel: 'LS_10 A01 FSP BROM',
      biosVersion: '96.10.55.00.01',
      digestLabel: 'SHA-256',
      claims: nvSwitch('3'),
    },
  ]);
});

it('are the same of a statement by itself', () => {
  const { jwks: _, freshness: __, covers: ___, ...claims } = verifyNras(GOOD).claims;
  expect(nrasClaims(GOOD.eat)).toEqual(claims);
});

it('need a detached EAT', () => {
  expect(faultOf(() => nrasClaims(utf8('[["JWT",')))).toMatchObject({ code: 'malformed' });
  const eat = statement({ overallToken: { header: { crit: ['x'] } } });
  expect(faultOf(() => nrasClaims(eat))).toMatchObject({ code: 'unsupported' });
});

it('are looked for where a detached EAT begins', () => {
  expect(looksLikeNrasEat(GOOD.eat)).toBe(true);
  expect(looksLikeNrasEat(utf8('\r\n[\t[ "JWT" , '))).toBe(true);
  expect(looksLikeNrasEat(asView(GOOD.eat))).toBe(true);
  for (const text of [
    '',
    '[]',
    '["JWT"',
    '[["CWT",',
    '{"keys":[]}',
    `${' '.repeat(200)}[["JWT",`,
  ]) {
    expect(looksLikeNrasEat(utf8(text))).toBe(false);
  }
});
