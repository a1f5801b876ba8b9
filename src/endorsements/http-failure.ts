/** What went wrong below HTTP, by the code of Node's error or of its TLS library. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'no such host'],
  ['EAI_AGAIN', 'the name server did not answer'],
  ['ECONNREFUSED', 'the connection was refused: nothing listens there'],
  ['EHOSTUNREACH', 'no route to this host'],
  ['ENETUNREACH', 'no route to this network'],
  ['ETIMEDOUT', 'the connection timed out'],
  ['UND_ERR_CONNECT_TIMEOUT', 'the connection timed out'],
  ['ECONNRESET', 'the connection was reset'],
  ['EPIPE', 'the connection broke'],
  ['UND_ERR_SOCKET', 'the connection broke before the answer was complete'],
]);

const TRANSIENT: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
]);

const TLS = /^(?:ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|ERR_SSL_)/;

/** Why `fetch` threw, in a sentence that tells the operator which knob to turn. */
export function brokenConnection(error: unknown): string {
  const { code, message } = rootCause(error);
  const meaning = MEANINGS.get(code);
  if (meaning !== undefined) return `${meaning} (${code})`;
  if (TLS.test(code)) {
    return `its TLS certificate is not trusted (${code}); add a private CA with NODE_EXTRA_CA_CERTS`;
  }
  if (message === 'unexpected redirect') return 'answered with a redirect, which is not followed';
  return `the request failed: ${message.slice(0, 200)}`;
}

/** Whether the same request may well succeed in a moment. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.has(rootCause(error).code);
}

/** `fetch` wraps what the socket said in a TypeError that says nothing. */
function rootCause(error: unknown): { code: string; message: string } {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  if (!(at instanceof Error)) return { code: '', message: String(at) };
  const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
  return { code, message: at.message };
}
