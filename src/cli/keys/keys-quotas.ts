import { changeQuotas } from '../../gateway/identity/key-quotas.ts';
import { SET_OPTION } from '../gateway/read-config.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { withGatewayKeys } from './gateway-of.ts';
import { credentialJson } from './issued-key.ts';
import { QUOTAS, quotaChange, quotasText } from './quota-wishes.ts';
import { credentialId } from './which-key.ts';

export const keysQuotasVerb: Verb = {
  name: 'keys quotas',
  summary: 'Say how much of sealed sessions one client’s API key may.',
  operands: '<dir> <id|name>',
  arity: { min: 2, max: 2 },
  options: { ...QUOTAS, ...SET_OPTION },
  notes: [
    'What is not said stays as it is; default takes the key’s own value away, so that broker.quotas of the configuration holds for it again. It holds from the gateway’s next request on; streams that run go on.',
  ],
  run: async (io, args) => {
    const change = quotaChange(args);
    const credential = await withGatewayKeys(io, args, async ({ store, deps }) =>
      changeQuotas(await credentialId(store, args.operand(1), io.now()), change, deps),
    );
    if (args.has('json')) printJson(io, credentialJson(io, credential));
    else {
      const own = credential.quotas === undefined ? 'none' : quotasText(credential.quotas);
      io.out(`${credential.id}: quotas of its own: ${own}\n`);
    }
    return 0;
  },
};
