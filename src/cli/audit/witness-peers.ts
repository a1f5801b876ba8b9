import { whyNot } from '../../agent/gateway/gateway-client.ts';
import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import { HTTP_LIMITS } from '../../endorsements/http.ts';
import { readBody } from '../../endorsements/http-body.ts';
import { serviceUrl } from '../../endorsements/service-url.ts';
import type { TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import type { WitnessPeer } from '../../ledger/witness/submit.ts';
import type { LogIdentity } from '../../ledger/writer/identity.ts';
import { asConfiguration } from '../configuration.ts';
import { type Io, usage } from '../io.ts';

const LARGEST_ANSWER = 100_000;

/**
 * The witnesses of a policy that say where they are; several keys at one URL are one witness.
 *
 * @param deadline of all calls together; each has its own where it is left out.
 * @throws Fault `usage` for a policy that is not about this log, or where nobody can be asked.
 */
export function witnessPeers(
  io: Io,
  { origin, keys }: Pick<LogIdentity, 'origin' | 'keys'>,
  { logs, witnesses }: TlogPolicy,
  deadline?: AbortSignal,
): readonly WitnessPeer[] {
  if (!logs.some(({ key }) => keys.some((own) => equalBytes(own.publicKey, key.publicKey))))
    throw usage(`tlog-policy: no log line in it has a key of ${origin}`);
  if (witnesses.every(({ url }) => url === undefined))
    throw usage('tlog-policy: none of its witnesses has a URL');
  const urls = new Set(witnesses.flatMap(({ url }) => (url === undefined ? [] : [url])));
  return [...urls].map((text) => {
    const url = asConfiguration('tlog-policy', () => serviceUrl(text)).href.replace(/\/$/, '');
    const own = witnesses.filter((one) => one.url === text);
    return {
      name: own.map(({ name }) => name).join(' and '),
      keys: own.map(({ key }) => key),
      post: (body) =>
        post(
          io,
          `${url}/add-checkpoint`,
          body,
          deadline ?? AbortSignal.timeout(HTTP_LIMITS.deadlineMs),
        ),
    };
  });
}

/** One try: a witness may have cosigned though its answer was lost, and then says 409. */
async function post(io: Io, url: string, body: Uint8Array, signal: AbortSignal) {
  try {
    const response = await io.fetch(url, {
      method: 'POST',
      body: new Uint8Array(body),
      redirect: 'error',
      signal,
    });
    return { status: response.status, body: await readBody(response, url, LARGEST_ANSWER) };
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('unreachable', url, `the witness does not answer (${whyNot(cause)})`, {
      cause,
    });
  }
}
