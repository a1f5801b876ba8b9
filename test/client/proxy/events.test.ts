import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventsIn, eventText, WholeEvents } from '../../../src/client/proxy/events.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';

it('cuts a stream into whole events, however it comes', () => {
  const event = fc.oneof(
    fc.record({ data: fc.string({ unit: 'grapheme' }) }).map((value) => eventText(value)),
    fc.constant(': awake\n\n'),
    fc.constant('event: x\r\ndata: 1\r\n\r\n'),
  );
  fc.assert(
    fc.property(
      fc.array(event),
      fc.constantFrom('', 'data: half', 'data: line\n'),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (events, half, sizes) => {
        const bytes = utf8(events.join('') + half);
        const whole = new WholeEvents();
        const out: Uint8Array[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          const part = whole.push(bytes.subarray(at, at + size));
          const text = new TextDecoder().decode(part);
          expect(text).toMatch(/^$|(\n\n|\r\n\r\n)$/);
          out.push(part);
          at += size;
        }
        expect(new TextDecoder().decode(concatBytes(...out))).toBe(events.join(''));
        expect(new TextDecoder().decode(whole.end())).toBe(half);
      },
    ),
  );
});

it('reads what events say', () => {
  const text = ': awake\n\ndata: 1\n\nevent: x\ndata:2\ndata: 3\n\nretry: 5\n\ndata\n\n\n';
  expect([...eventsIn(utf8(text))]).toEqual([undefined, '1', '2\n3', undefined, '']);
});

it('holds no event that never ends', () => {
  const whole = new WholeEvents();
  const part = new Uint8Array(1024 * 1024).fill(0x41);
  expect(() => {
    for (let i = 0; i < 20; i++) whole.push(part);
  }).toThrow(/longer than/);
});
