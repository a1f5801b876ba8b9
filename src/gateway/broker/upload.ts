import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { SEALED_REQUEST_TYPE } from '../../protocol/media-types.ts';
import {
  ACCOUNT_HEADER,
  INCREMENTAL_HEADER,
  MODEL_HEADER,
  TRUE,
} from '../../protocol/session/headers.ts';

/** All that a node is told outside the seal. */
export function uploadHeaders(
  request: IncomingMessage,
  account: string,
  model: string | undefined,
): OutgoingHttpHeaders {
  const length = request.headers['content-length'];
  return {
    'content-type': SEALED_REQUEST_TYPE,
    [INCREMENTAL_HEADER]: TRUE,
    [ACCOUNT_HEADER]: account,
    ...(model !== undefined && { [MODEL_HEADER]: model }),
    ...(length !== undefined && { 'content-length': length }),
  };
}

export interface UploadEvents {
  readonly onBytes: (count: number) => void;
  /** The client broke off in the midst of it. */
  readonly onHalf: () => void;
}

/** Sends a request on while it comes; a node that is slow makes its client wait. */
export function sendUp(
  from: IncomingMessage,
  to: ClientRequest,
  { onBytes, onHalf }: UploadEvents,
): void {
  from.on('data', (bytes: Uint8Array) => {
    onBytes(bytes.length);
    if (to.destroyed || to.write(bytes)) return;
    from.pause();
    to.once('drain', () => from.resume());
  });
  from.once('end', () => to.end());
  from.resume();
  from.once('close', () => {
    if (!from.complete) onHalf();
  });
}
