import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/*
 * RSA keys of the tests, written down because to search for their primes would take longer than
 * all the rest. They have never signed anything but tests, and there is nothing secret about them.
 */

/** A key pair with 65537 as the public exponent. */
export interface RsaTestKey {
  /** Big-endian, without leading zeros. */
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const EXPONENT = 65_537n;

export const RSA_2048: RsaTestKey = fromPrimes(
  [
    '_2VuBbhxGT6zxZj2pNL_JCl7wi4z__48jrXcU1T9zfiRWskPIS96YVhWu2whxdY1iLOR35YQDdPkISMtQaZ_0w0O',
    'cAmrzD-JrUXY-tVk9PRQtCMLGdqROujb7og_QT7E93COm5guLpL5uLd6wH37r0MV7lG4I3CT3mosEdgjv_U',
  ].join(''),
  [
    'zjDR5Cr3kVbEEIw440PmH4GItbdmK9PXv_JyXq0TC0Xp6rp9S4Bxnfejh6d5zkZ7KHQ_WZftDYvcQWWzfMZXerCs',
    'PQvMD7bwReiSEbDINLeC2e87Bt0VrPtBBquVyvDaSzNIVPfqMZFj6d7v7ru1H9wwUdwhhGjp5gDYvhnfC_M',
  ].join(''),
);

export const OTHER_RSA_2048: RsaTestKey = fromPrimes(
  [
    '8AJJGghJ90AOzwZFk8mBVtvzXKWQ5dAdoMyb_2a9qwTSE0cKlx-wYFxRrspd6zNOvLY3n9W0BhHOHWhDmhNuAHxo',
    'KG0i_jnStLnAq4dAuOhw7qQlAok7h1MdLW30MjpP17TJQm1dQfqQYgfE_5PgvMQmnMhj9UrN0t_7rKwYgwM',
  ].join(''),
  [
    'vV4-DDFLShNPQjLMUwSHAbTZgMbjf3WAj8NL1QHXHcKLULZUec8CgI04ouzTuOWrsiB6DoJFqE4bQ8szZhhBtM8S',
    'FUQjFJllwDXvfVuLThpas7EOv7v4hlbX0YdAC8r8F3CyWwkfIUC5_hz0EzqzCsdrA2YjdXiheiXzLnoaWU8',
  ].join(''),
);

export const RSA_4096: RsaTestKey = fromPrimes(
  [
    '7azjrMIZ3XvItuCyLLYCmjtrz3QX4tofY4ej_8eXGEGjCp2i5oURZwCeE1v06Kmp3SWvYqRv4-8q5c9ZKpo5R7vU',
    'ljxEn1TaJU0Rvq_TScjse4t4A73RdDCDBsJInV0UgDLDMQnlLND_k5EJnAKhdYJEJLhgDwAoLVF3QIU64fm8q3On',
    'IcljvB1JunOS0DQXB0Z9bvOiiQBvFRvrLF4DBUCGvV-R3AIFXLSogYezweXKeQWPm0NEznQzdoSdL8JiI_H_SRjh',
    'Y5apeRJj9QnN8ziWyzu0AHDoX3y1hwMxfUKWJgNpJpUwYAtEmfkli50POj0xGvsYEWygX3ut8YIS4w',
  ].join(''),
  [
    '4Q17M68zPTC_FnkUZtCVlFkxdhzF9ITxs16IEzA8xjLMLaIj1K49xodhzpZtAeqmFejINRFVQbNyCE5QwDECVa-3',
    'OPbxMfcKbWt29J3k971d2IqNyRkzdEjVKObFFHnqlffmSDcUTs1btU_se_lbQpr4t6bRKqVb1p7GlXvejMa6Pq40',
    'TGGVbCj7WNsTkR59Rwt0F777Atu5TW3e_XVcCtpA9NqDsF1xWZHrRDNaxffPtJwHQ2e1fvQAPAEETtOhek72RG5q',
    'H1HY-bta4KWhKdtDTEJLQD7X5DjdXVfBtHVPUsM5bSt8Q36vO8ARdiIbwHHdaSRxN_JfwXJOeXzfOw',
  ].join(''),
);

export const OTHER_RSA_4096: RsaTestKey = fromPrimes(
  [
    'v9O4ppKloZv1iA2KoscqUtk5CjOzboj2Vrw5MrIW8WK1T-NQB3-4J_DwNKupr-mg9Xq8J_ox_CGqt4AlZUuqEhYZ',
    'LXRJ4B4VZGeQ4lIdtK2TmHQYZBigvVMlHICXfKaxRXMCCln8KSVhAULn_rpRLMfc1N09wFheQF6flz6qkJzho5Mj',
    'DdadIvnLR2ToaAulMFF9-h68_m5jDUdqIfB60i_-JX2zqbK_yJ7fKkscsjpIQFLQ-qbNugSKhqMwsFCJAGiaDadX',
    'Lja2tKUTcx9svuccmzaPTYqwFdJHwsozD6cwz2dZKk78_6Fy8E6MEOPQg4dUvyAn_mBe2Xhs-Xqnzw',
  ].join(''),
  [
    't8c2QC8UG9KXCijHY5iFddo6dh8NigwbVtuzqArpjzQCA5JvHP6vrg3gETEJluYWvy_VHV6hNk2DVbopu0_c_OhA',
    'jX7igJ5_7cUshmeQjArez_oZl18a5r0IRcy4z9f6VnTJwUhNq0CCH1HL2RKge-BLErFwlm5sDlkuzHpMd7fNAs-3',
    'qwFGwvuUDe5A7qD6iNYiJO4Q-rdpwUsYsZuwKowvxAy4fvrCR10iQiDV4PzTW8mWaDLX4iY0mXM56aq5WZnS7eAk',
    'yNbKkikAWRWdcOx1XOQvkORpbtI-ftHb-Q3M3DQGl2E6N-Jz-XKNQF3BYbJ_MSUqMEewex5oaTgwtQ',
  ].join(''),
);

/** @param p in base64url, as in a JSON Web Key; `q` too. */
function fromPrimes(p: string, q: string): RsaTestKey {
  const [large, small] = [toNumber(p), toNumber(q)];
  const d = inverse(EXPONENT, (large - 1n) * (small - 1n));
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'RSA',
      n: toBase64url(large * small),
      e: toBase64url(EXPONENT),
      d: toBase64url(d),
      p,
      q,
      dp: toBase64url(d % (large - 1n)),
      dq: toBase64url(d % (small - 1n)),
      qi: toBase64url(inverse(small, large)),
    },
  });
  return {
    modulus: toBytes(large * small),
    exponent: toBytes(EXPONENT),
    privateKey,
    publicKey: createPublicKey(privateKey),
  };
}

/** By the extended Euclidean algorithm. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return ((x % modulus) + modulus) % modulus;
}

function toNumber(base64url: string): bigint {
  return BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`);
}

function toBytes(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return Uint8Array.from(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'));
}

function toBase64url(value: bigint): string {
  return Buffer.from(toBytes(value)).toString('base64url');
}
