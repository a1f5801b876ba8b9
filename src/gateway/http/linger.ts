import type { Socket } from 'node:net';

/** For whoever still sends to come to read the answer, in milliseconds. */
const LINGER = 5000;

/**
 * Has a connection that ends with the answer at hand end as far as it sends, and pass over what still
 * comes for a moment: one that is closed on what nobody read is reset, and who was sending loses the
 * answer, and with it why.
 */
export function lingerOn(socket: Socket): void {
  // By which Node closes a connection once its last answer is out.
  socket.destroySoon = () => {
    // The parser's: nothing that comes from now on is a request.
    socket.removeAllListeners('data');
    socket.on('data', () => undefined);
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER).unref();
    socket.once('close', () => clearTimeout(timer));
  };
}
