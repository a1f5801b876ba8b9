/**
 * Of every answer, unless its route says another. What pages of others
 * may ask says so beside (cross-origin.ts); whatever else they have no business with.
 * HSTS is for whoever ends TLS to say, since it binds the whole host.
 */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;
