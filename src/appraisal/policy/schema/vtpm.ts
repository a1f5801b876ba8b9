import Type from 'typebox';
import { closed, hex, orSkip } from './values.ts';

/** The vTPM of a guest under a paravisor: what that has measured of the guest itself. */
export const VtpmRules = closed({
  /** A quote over the nonce of whoever appraises: what the vTPM holds is of now. */
  quote: orSkip(Type.Literal('require'), 'require'),
  /** Values of the SHA-256 bank, by index; nothing else beside them, least of all a skip. */
  pcrs: orSkip(
    Type.Record(Type.String({ pattern: '^(?:[0-9]|1[0-9]|2[0-3])$' }), hex(32), {
      minProperties: 1,
      additionalProperties: false,
      description: 'values of the SHA-256 bank by index, 0 to 23',
    }),
  ),
});
export type VtpmRules = Type.Static<typeof VtpmRules>;
