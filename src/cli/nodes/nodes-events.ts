import { setTimeout } from 'node:timers/promises';
import { formatTime } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import { untilTold } from '../audit/serving.ts';
import { readWholeNumber } from '../input.ts';
import { type Io, warn } from '../io.ts';
import { type Colour, painter } from '../paint.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { type FleetEventJson, followEvents, lastEvent, type Told } from './follow-events.ts';
import { GATEWAY_OPTIONS, openGateway } from './gateway-options.ts';

const USUAL_COUNT = 20;

export const nodesEventsVerb: Verb = {
  name: 'nodes events',
  summary: 'Say what happened to the machines of a gateway, and what happens.',
  operands: '',
  arity: { min: 0, max: 0 },
  options: {
    ...GATEWAY_OPTIONS,
    follow: { help: 'go on with what happens, until SIGINT or SIGTERM' },
    after: { value: '<seq>', help: 'begin behind this one' },
    count: {
      value: '<n>',
      help: `without --after, begin with the last so many; ${USUAL_COUNT} by default`,
    },
  },
  notes: [
    'A connection that breaks off is made again, behind the last event that was told: none is told twice, none left out. Where some are too old to be had, that is said.',
    '--json prints one object a line.',
  ],
  run: async (io, args) => {
    const gateway = await openGateway(io, args);
    await untilTold(async (signal) => {
      const last = await lastEvent(gateway, signal);
      const count = readWholeNumber(args, 'count') ?? USUAL_COUNT;
      const after = readWholeNumber(args, 'after') ?? Math.max(0, last - count);
      if (!args.has('follow') && after >= last) return;
      // Nothing but the signal ends a pause early.
      const pause = (ms: number) => setTimeout(ms, undefined, { signal }).catch(() => undefined);
      for await (const told of followEvents(gateway, { after, signal, pause })) {
        if (told.kind === 'again' && !args.has('follow')) {
          throw new Fault('unreachable', gateway.access.base, `broke off: ${told.because}`);
        }
        print(io, args, told);
        if (!args.has('follow') && endOf(told) >= last) return;
      }
    });
    return 0;
  },
};

function endOf(told: Told): number {
  if (told.kind === 'event') return told.event.seq;
  return told.kind === 'gap' ? told.to : 0;
}

function print(io: Io, args: Args, told: Told): void {
  if (told.kind === 'again') warn(io, `the stream broke off (${told.because}); again`);
  else if (args.has('json'))
    printJson(io, told.kind === 'event' ? told.event : { gap: { from: told.from, to: told.to } });
  else if (told.kind === 'event') io.out(`${eventLine(io, told.event)}\n`);
  else {
    const which = `events ${told.from} to ${told.to}`;
    warn(io, `${which} are too old to be had: look at postern nodes list`);
  }
}

const COLOURS: Readonly<Record<string, Colour>> = {
  'node.admitted': 'green',
  'node.renewed': 'green',
  'node.released': 'green',
  'node.refused': 'red',
  'node.revoked': 'red',
  'node.misbehaved': 'red',
  'policy.revoked': 'red',
  'node.lapsed': 'yellow',
  'node.quarantined': 'yellow',
  'node.warned': 'yellow',
  'override.granted': 'yellow',
};

function eventLine(io: Io, { seq, at, type, node, data }: FleetEventJson): string {
  const paint = painter(io.colours);
  const colour = COLOURS[type];
  const word = visible(type).padEnd(18);
  const facts = Object.entries(data).map(([name, value]) => {
    const text = factText(name, value);
    return `${name}=${text.includes(' ') ? JSON.stringify(text) : text}`;
  });
  const rest = [...(node === undefined ? [] : [node]), ...facts].join('  ');
  return `${`${seq}`.padStart(6)}  ${at}  ${colour ? paint(colour, word) : word}  ${visible(rest)}`;
}

function factText(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.join(' ');
  return name === 'until' && typeof value === 'number' ? formatTime(value) : String(value);
}
