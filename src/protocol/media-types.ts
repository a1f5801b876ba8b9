/** Evidence of one machine in one file (see `appraisal/bundle/format.ts`). */
export const BUNDLE_TYPE = 'application/vnd.postern.bundle+json';
/** A decision with all that it saw, in one file. */
export const DECISION_TYPE = 'application/vnd.postern.decision+json';
/** Why something was not done (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';
export const JSON_TYPE = 'application/json';
export const BYTES_TYPE = 'application/octet-stream';
export const TEXT_TYPE = 'text/plain; charset=utf-8';
export const EVENTS_TYPE = 'text/event-stream';

/** The challenge that a bundle answers, 64 lower-case hex digits. */
export const NONCE_HEADER = 'postern-nonce';

/** A sealed request and its answer (draft-ietf-ohai-chunked-ohttp section 3). */
export const SEALED_REQUEST_TYPE = 'message/ohttp-chunked-req';
export const SEALED_RESPONSE_TYPE = 'message/ohttp-chunked-res';
