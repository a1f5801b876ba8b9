import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { type GatewayClient, whyNot } from '../../agent/gateway/gateway-client.ts';
import { jsonIn } from '../../agent/gateway/gateway-json.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault, isPassing } from '../../core/fault.ts';
import { EventSchema, GAP_EVENT, GapSchema } from '../../protocol/event.ts';
import { EVENTS_TYPE } from '../../protocol/media-types.ts';
import { eventsIn, type StreamEvent } from './event-lines.ts';

export type FleetEventJson = Static<typeof EventSchema>;

/** What a follower is told. */
export type Told =
  | { readonly kind: 'event'; readonly event: FleetEventJson }
  /** Events that are too old to be had: whoever follows has to look at everything anew. */
  | { readonly kind: 'gap'; readonly from: number; readonly to: number }
  /** The stream broke off, and is asked for again behind the last that was told. */
  | { readonly kind: 'again'; readonly because: string };

export interface FollowOptions {
  /** The last one that is known; undefined: what comes next. */
  readonly after: number | undefined;
  readonly signal: AbortSignal;
  readonly pause: (ms: number) => Promise<void>;
}

const PATH = '/v1/events';
const SHORTEST_PAUSE = 2000;
const LONGEST_PAUSE = 60_000;

/**
 * Each event once and in order, until the signal: a stream that breaks off is asked for again.
 *
 * @throws Fault for what coming again does not mend: who asks may not, or asks for nonsense.
 */
export async function* followEvents(
  gateway: GatewayClient,
  { after, signal, pause }: FollowOptions,
): AsyncGenerator<Told> {
  let last = after;
  let wait = SHORTEST_PAUSE;
  while (!signal.aborted) {
    let because = 'it ended';
    try {
      for await (const one of stream(gateway, last, signal)) {
        wait = one.retry ?? SHORTEST_PAUSE;
        const seq = seqOf(one);
        if (seq !== undefined && last !== undefined && seq < last) continue;
        const told = toldBy(one, gateway.access.base);
        // A gap has the id of the last that is gone.
        if (told && (told.kind === 'gap' || told.event.seq !== last)) yield told;
        last = seq ?? last;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Fault && !isPassing(error)) throw error;
      because = error instanceof Fault ? error.detail : whyNot(error);
    }
    if (signal.aborted) return;
    yield { kind: 'again', because };
    await pause(wait);
    wait = Math.min(2 * wait, LONGEST_PAUSE);
  }
}

/** The last event that there is. */
export async function lastEvent(gateway: GatewayClient, signal: AbortSignal): Promise<number> {
  for await (const one of stream(gateway, undefined, signal)) {
    const seq = seqOf(one);
    if (seq !== undefined) return seq;
  }
  throw new Fault('unreachable', `${gateway.access.base}${PATH}`, 'ended before it said anything');
}

async function* stream(
  gateway: GatewayClient,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const response = await gateway.wanted({
    method: 'GET',
    path: PATH,
    headers: {
      accept: EVENTS_TYPE,
      ...(after !== undefined && { 'last-event-id': `${after}` }),
    },
    signal,
  });
  if (response.body === null) return;
  // Whoever stops listening closes the connection.
  yield* eventsIn(response.body);
}

function seqOf({ id }: StreamEvent): number | undefined {
  return id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}

function toldBy(
  { type, data }: StreamEvent,
  url: string,
): Exclude<Told, { kind: 'again' }> | undefined {
  if (data === undefined) return undefined;
  const value = jsonIn(utf8(data), url);
  if (type === GAP_EVENT) {
    const gap = Value.Clean(GapSchema, value);
    if (Value.Check(GapSchema, gap)) return { kind: 'gap', ...(gap as Static<typeof GapSchema>) };
  } else if (Value.Check(EventSchema, value)) return { kind: 'event', event: value };
  throw new Fault('unreachable', url, 'its events are not of this protocol: is it a gateway?');
}
