import { splitCompactJws } from '../../appraisal/result/compact-jws.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { accountKeyOf, accountName } from '../../gateway/broker/account.ts';
import type { StoredUsage } from '../../gateway/broker/store.ts';
import { readHardwareKey } from '../gateway/hardware-key.ts';
import { SET_OPTION } from '../gateway/read-config.ts';
import type { Io } from '../io.ts';
import { withGatewayKeys } from '../keys/gateway-of.ts';
import { momentOption } from '../moment.ts';
import type { Args, Options } from '../verb.ts';

/** A usage statement, with the API key whose account it is, and what it says. */
export interface Billed extends StoredUsage {
  /** Undefined where no key of this gateway has this account. */
  readonly key: { readonly id: string; readonly name: string } | undefined;
  readonly model: string;
  readonly outcome: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export const PERIOD: Options = {
  ...SET_OPTION,
  from: { value: '<RFC 3339>', help: 'statements that came at this time or later' },
  to: { value: '<RFC 3339>', help: 'statements that came before this time' },
};

const PAGE = 1000;

/** Goes through the statements of a period, in the order in which they came. */
export async function eachBilled(io: Io, args: Args, act: (billed: Billed) => void): Promise<void> {
  const from = momentOption(io, args, 'from') ?? 0;
  const to = momentOption(io, args, 'to') ?? Number.POSITIVE_INFINITY;
  await withGatewayKeys(io, args, async ({ config, store }) => {
    const accountKey = accountKeyOf(await readHardwareKey(config.hardwareKey));
    const keys = new Map(
      (await store.credentials()).map(({ id, name }) => [
        accountName(accountKey, id),
        { id, name },
      ]),
    );
    for (let after = 0; ; ) {
      const page = await store.usage(after, PAGE);
      for (const usage of page) {
        if (usage.at < from || usage.at >= to) continue;
        act({ ...usage, key: keys.get(usage.account), ...claimsOf(usage) });
      }
      const last = page.at(-1);
      if (page.length < PAGE || last === undefined) return;
      after = last.seq;
    }
  });
}

/** It was verified when it was taken. */
function claimsOf({ statement }: StoredUsage) {
  const claims = new JsonShape(splitCompactJws(statement, 'usage').payload, 'usage');
  return {
    model: claims.string('model'),
    outcome: claims.string('outcome'),
    promptTokens: claims.integer('promptTokens', Number.MAX_SAFE_INTEGER),
    completionTokens: claims.integer('completionTokens', Number.MAX_SAFE_INTEGER),
  };
}
