import type { IncomingMessage } from 'node:http';
import { concatBytes } from '../../core/bytes/writer.ts';
import { malformed } from '../../core/fault.ts';
import { readSealedHead, type SealedHead } from './head.ts';

/**
 * Waits for the first bytes of a sealed request, and puts them back: its body is read from its
 * first byte on by whoever reads it next.
 *
 * @throws Fault `malformed` where it ends before, `unsupported`.
 */
export function takeHead(request: IncomingMessage): Promise<SealedHead> {
  const { promise, resolve, reject } = Promise.withResolvers<SealedHead>();
  let held: Uint8Array = new Uint8Array();
  const settle = (act: () => void) => {
    request.off('readable', onReadable).off('end', onEnd).off('close', onEnd);
    act();
  };
  const onEnd = () => settle(() => reject(malformed('body', 'ends before its header does')));
  const onReadable = () => {
    const part = request.read() as Uint8Array | null;
    if (part === null) return;
    held = concatBytes(held, part);
    try {
      const head = readSealedHead(held);
      if (head === undefined) return;
      // In this very turn: once its end was told, nothing can be put back.
      request.unshift(Buffer.from(held));
      settle(() => resolve(head));
    } catch (error) {
      settle(() => reject(error));
    }
  };
  request.on('readable', onReadable).once('end', onEnd).once('close', onEnd);
  onReadable();
  return promise;
}
