/** What strangers could ask for without end, beside what the configuration says. In milliseconds and bytes. */
export const HTTP_LIMITS = {
  headerBytes: 16 * 1024,
  headersWithin: 10_000,
  keepAlive: 10_000,
  checkEvery: 1000,
  /** Requests after which a connection is closed. */
  requestsEach: 10_000,
  /** Of a challenge. */
  challengeBody: 4096,
} as const;
