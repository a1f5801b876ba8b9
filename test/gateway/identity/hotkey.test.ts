import { expect, it } from 'vitest';
import { hotkeyProof } from '../../../src/gateway/identity/hotkey.ts';
import { faultOf } from '../../support/fault-of.ts';

it('is the sr25519 key of an address', () => {
  expect(hotkeyProof('5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY', 'hotkey')).toEqual({
    kind: 'sr25519',
    publicKey: 'd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d',
  });
});

it('is no other address', () => {
  const mistyped = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ';
  expect(faultOf(() => hotkeyProof(mistyped, 'hotkey'))).toMatchObject({
    code: 'malformed',
    at: 'hotkey',
  });
});
