import type { ResponseHead } from '../sealed/bhttp/message.ts';
import type { Answer } from './answer.ts';
import { PosternError } from './errors.ts';

/** Statuses of which a Response must not have a body, whatever length (Fetch standard). */
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** What is about a connection is nothing for a message that came out of a sealed one. */
const NOT_SHOWN: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * A machine's answer as a Response, which goes on as it is read.
 *
 * @param over called once there is nothing more to come; told whether it was all there.
 * @throws as {@link Answer.head}
 */
export async function openResponse(
  answer: Answer,
  over: (isWhole: boolean) => void,
): Promise<Response> {
  const head = await answer.head();
  const headers = headersOf(head);
  const { status } = head;
  if (NO_BODY.has(status)) {
    while ((await answer.content()) !== undefined);
    over(true);
    return new Response(null, { status, headers });
  }
  return new Response(bodyOf(answer, over), { status, headers });
}

function bodyOf(answer: Answer, over: (isWhole: boolean) => void): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const bytes = await answer.content();
          if (bytes !== undefined) {
            controller.enqueue(bytes);
            return;
          }
        } catch (error) {
          over(false);
          await answer.cancel();
          throw error;
        }
        over(true);
        controller.close();
      },
      cancel: async () => {
        over(false);
        await answer.cancel();
      },
    },
    // Nothing is opened before somebody reads it.
    { highWaterMark: 0 },
  );
}

/** Of the machine alone: what the gateway's own headers say does not come in here. */
function headersOf({ fields }: ResponseHead): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) {
    if (NOT_SHOWN.has(name) || name.startsWith('postern-')) continue;
    if (name === 'content-encoding' && value.toLowerCase() !== 'identity') {
      throw new PosternError(
        'open.encoding',
        `the answer is encoded as ${JSON.stringify(value)}, which nobody here undoes`,
      );
    }
    headers.append(name, value);
  }
  return headers;
}
