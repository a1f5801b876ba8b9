import { expect } from 'vitest';
import type { Postern } from '../../src/client/postern.ts';
import { type ReadOutcome, readOutcome } from './client/outcome.ts';
import { chat, saidIn } from './sessions-world.ts';

/** Far more than comes before something breaks. */
const LONG = Array.from({ length: 400 }, (_, i) => `w${i}`).join(' ');
export const END = /data: \[DONE\]\n\n$/;

/** A stream that has begun, and how it ends. */
export async function begun(postern: Postern) {
  const started = Promise.withResolvers<void>();
  const response = await chat(postern, LONG);
  const reader = response.body?.getReader();
  const ended = readOutcome(
    Promise.resolve(
      new Response(
        new ReadableStream<Uint8Array>({
          pull: async (controller) => {
            const read = await reader?.read();
            if (read?.value) controller.enqueue(read.value);
            if (saidIn(new TextDecoder().decode(read?.value)).includes('w')) started.resolve();
            if (read === undefined || read.done) controller.close();
          },
        }),
      ),
    ),
  );
  await Promise.race([started.promise, ended]);
  return { node: postern.verification().nodes[0]?.node ?? '', ended };
}

/** Nothing is silently short: the whole, or an error that says that it is not. */
export function wantTruthful(
  { text, code }: Pick<ReadOutcome, 'text' | 'code'>,
  last = 'w399',
): void {
  const said = saidIn(text);
  if (code === undefined) {
    expect(said).toMatch(END);
    expect(said).toContain(`"${last} "`);
  } else {
    expect(code).toMatch(/^(incomplete|relay)\.|^ledger\.rotated$/);
    // Nothing was sealed for keys that the gateway does not speak of.
    if (code === 'ledger.rotated') expect(text).toBe('');
    expect(said).not.toMatch(END);
  }
}
