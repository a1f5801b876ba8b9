import { toHex } from '../../../core/bytes/hex.ts';
import type { Claims } from '../../verification.ts';
import type { CoveredRange } from './coverage.ts';
import { describeData, textOrHex, textToTerminator } from './describe.ts';
import type { LoggedEvent } from './event.ts';
import { DSTACK_RUNTIME_EVENT, eventTypeName } from './event-types.ts';
import { printable } from './printable.ts';

/** An event's content, split by whether its digest covers it. Texts are printable and bounded. */
export interface EventLabels {
  /** True of what was measured, provided that the register replays to the quoted value. */
  readonly proven: Claims;
  /** Said by the log alone. */
  readonly claimed: Claims;
}

export function labelled(event: LoggedEvent): EventLabels {
  const { type, data, coverage } = event;
  const typeClaims = { type, typeName: eventTypeName(type) };
  const name = event.name === undefined ? {} : { name: printable(event.name) };
  const content = contentOf(event);
  switch (coverage.of) {
    case 'name-and-data':
      return { proven: { ...typeClaims, ...name, ...content }, claimed: {} };
    case 'joined':
      return {
        proven: { ...typeClaims, nameAndPayload: `${name.name ?? ''}:${textOrHex(data)}` },
        claimed: { ...name, ...content },
      };
    case 'data':
      return { proven: content, claimed: { ...typeClaims, ...name } };
    case 'part':
      return {
        proven: { [coverage.part]: partText(coverage, data) },
        claimed: { ...typeClaims, ...name, ...content },
      };
    case 'nothing':
      return { proven: {}, claimed: { ...typeClaims, ...name, ...content } };
  }
}

/** The same in one line, e.g. `EV_SEPARATOR 00000000 (proven: data; claimed: type)`. */
export function eventLine(event: LoggedEvent): string {
  const { coverage } = event;
  const name = event.name === undefined ? '' : ` ${printable(event.name)}`;
  const covered = coverage.of === 'part' ? coverage.part : coverage.of;
  const text = describeData(event.type, event.data);
  const says = text === '' ? '' : ` "${text}"`;
  return `${eventTypeName(event.type)}${name}${says} (digest covers ${covered})`;
}

function partText({ part, start, end }: CoveredRange, data: Uint8Array): string {
  const bytes = data.subarray(start, end);
  return part === 'command' || part === 'text' ? textToTerminator(bytes) : textOrHex(bytes);
}

/** A runtime payload is short and gets compared, so it is given whole as well. */
function contentOf({ type, data }: LoggedEvent): Claims {
  const text = describeData(type, data);
  if (type === DSTACK_RUNTIME_EVENT) return { payload: toHex(data), text };
  return { text };
}
