/** A request and its response, sealed in chunks (draft-ietf-ohai-chunked-ohttp section 8). */
export const SEALED_REQUEST_TYPE = 'message/ohttp-chunked-req';
export const SEALED_RESPONSE_TYPE = 'message/ohttp-chunked-res';

/** A list of key configurations (RFC 9458 section 9.2). */
export const KEY_CONFIGS_TYPE = 'application/ohttp-keys';
