import { malformed } from '../fault.ts';

/** Digits and letters without 0, O, I and l, in the order that Bitcoin gave them. */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** The work grows with the square of the length, and strangers choose it. */
const LONGEST = 128;

/** Decodes base58: a number in that base, behind a `1` for each zero byte in front of it. */
export function fromBase58(text: string, at: string): Uint8Array {
  if (text.length > LONGEST) throw malformed(at, `more than ${LONGEST} characters of base58`);
  let number = 0n;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) throw malformed(at, `${JSON.stringify(character)} is no character of base58`);
    number = number * 58n + BigInt(digit);
  }
  const bytes: number[] = [];
  for (let rest = number; rest > 0n; rest >>= 8n) bytes.push(Number(rest & 0xffn));
  const zeros = text.length - text.replace(/^1+/, '').length;
  return Uint8Array.from([...new Array<number>(zeros).fill(0), ...bytes.reverse()]);
}

export function toBase58(bytes: Uint8Array): string {
  let number = 0n;
  for (const byte of bytes) number = number * 256n + BigInt(byte);
  let text = '';
  for (let rest = number; rest > 0n; rest /= 58n) text = ALPHABET.charAt(Number(rest % 58n)) + text;
  const firstOther = bytes.findIndex((byte) => byte !== 0);
  return '1'.repeat(firstOther < 0 ? bytes.length : firstOther) + text;
}
