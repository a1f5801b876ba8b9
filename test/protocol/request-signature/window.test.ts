import { expect, it } from 'vitest';
import { wantInWindow } from '../../../src/protocol/request-signature/window.ts';
import { faultOf } from '../../support/fault-of.ts';
import { ed25519Key, parametersOf } from '../../support/signed-request.ts';

const parameters = parametersOf(ed25519Key(1), { created: 1_000_000, expires: 1_000_030 });

it.each([999_940_000, 999_999_999, 1_000_000_000, 1_000_030_000, 1_000_090_000])(
  'takes it at %i',
  (now) => {
    wantInWindow(parameters, now);
  },
);

it.each([
  {
    now: 999_939_999,
    at: 'signature-input.created',
    detail:
      "made 61 s in the future by the gateway's clock, which says 1970-01-12T13:45:39.999Z: clocks may be 60 s apart, the signer's is ahead",
  },
  {
    now: 996_400_000,
    at: 'signature-input.created',
    detail:
      "made 3600 s in the future by the gateway's clock, which says 1970-01-12T12:46:40Z: clocks may be 60 s apart, the signer's is ahead",
  },
  {
    now: 1_000_090_001,
    at: 'signature-input.expires',
    detail:
      "ended 61 s ago and made 91 s ago by the gateway's clock, which says 1970-01-12T13:48:10.001Z: clocks may be 60 s apart; the signer's is behind, or the request was held up",
  },
])('refuses it at $now', ({ now, at, detail }) => {
  const fault = faultOf(() => wantInWindow(parameters, now));
  expect(fault).toMatchObject({ code: 'unauthenticated', at, detail });
});
