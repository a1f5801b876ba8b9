import { sha256 } from '#crypto';
import { fromHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import { ALG_SHA256, algorithmName, bankOf } from './tpm-algorithms.ts';
import type { PcrSelection } from './tpm-quote.ts';

/** Values as somebody gives them, by TPM_ALG_ID of the bank and index; proven by a quote only. */
export type PcrValues = ReadonlyMap<number, ReadonlyMap<number, Uint8Array>>;

/** One register that a quote covers, with the value that it is said to have. */
export interface SelectedPcr {
  /** TPM_ALG_ID of the bank. */
  readonly hash: number;
  readonly index: number;
  readonly value: Uint8Array;
}

/** Registers of a bank (PC Client Platform TPM Profile). */
const PCR_COUNT = 24;
export const PCR_FILE_SIZE_LIMIT = 65_536;

/**
 * PCR values as JSON: all 24 of the SHA-256 bank, `["<hex>", …]`, or those that one has, by
 * bank and index, `{"sha256": {"0": "<hex>", …}, "sha384": {…}}`.
 *
 * @throws Fault `malformed` at `pcrs.<bank>.<index>`.
 */
export function parsePcrs(bytes: Uint8Array): PcrValues {
  if (bytes.length > PCR_FILE_SIZE_LIMIT) {
    throw malformed('pcrs', `want at most ${PCR_FILE_SIZE_LIMIT} bytes, got ${bytes.length}`);
  }
  const { value } = parseJson(fromUtf8(bytes, 'pcrs'), 'pcrs');
  return Array.isArray(value) ? wholeBank(value) : banks(new JsonShape(value, 'pcrs'));
}

function wholeBank(values: readonly JsonValue[]): PcrValues {
  if (values.length !== PCR_COUNT) {
    throw malformed('pcrs', `want ${PCR_COUNT} values, got ${values.length}`);
  }
  const bank = new Map(values.map((value, i) => [i, pcrValue(value, `pcrs[${i}]`, 32)]));
  return new Map([[ALG_SHA256, bank]]);
}

function banks(shape: JsonShape): PcrValues {
  return new Map(
    shape.names().map((name) => {
      const bank = bankOf(name);
      if (bank === undefined) {
        throw malformed(
          'pcrs',
          `want sha1, sha256, sha384 or sha512 as a bank, got ${JSON.stringify(name)}`,
        );
      }
      return [bank.id, registers(shape.object(name), bank.size)];
    }),
  );
}

function registers(shape: JsonShape, size: number): ReadonlyMap<number, Uint8Array> {
  return new Map(
    shape.names().map((name) => {
      // Written in one way only: "1" and "01" would be two values of one register.
      if (!/^(?:0|[1-9]\d?)$/.test(name) || Number(name) >= PCR_COUNT) {
        throw malformed(shape.path, `want an index from 0 to 23, got ${JSON.stringify(name)}`);
      }
      return [Number(name), pcrValue(shape.value(name), `${shape.path}.${name}`, size)];
    }),
  );
}

function pcrValue(value: JsonValue | undefined, at: string, size: number): Uint8Array {
  if (typeof value !== 'string') throw malformed(at, 'want hex in a string');
  return fromHex(value, at, size);
}

/**
 * The values that a quote covers, in the order in which the TPM hashed them: banks as selected,
 * registers ascending (TPM 2.0 Library Part 1, selecting multiple PCR).
 *
 * @returns a mismatch when the quote covers no register at all, so that it says nothing of any,
 *   or one whose value was not given.
 */
export function selectedPcrs(
  selections: readonly PcrSelection[],
  values: PcrValues,
): readonly SelectedPcr[] | Mismatch {
  const selected: SelectedPcr[] = [];
  const missing: string[] = [];
  for (const { hash, pcrs } of selections) {
    for (const index of pcrs) {
      const value = values.get(hash)?.get(index);
      if (value === undefined) missing.push(`${algorithmName(hash)}:${index}`);
      else selected.push({ hash, index, value });
    }
  }
  if (missing.length > 0) {
    return { want: 'a value of each selected PCR', got: `none of ${missing.join(', ')}` };
  }
  return selected.length > 0
    ? selected
    : { want: 'a quote over PCRs', got: 'a quote that selects none' };
}

/** SHA-256, the hash of the one signature scheme that is read, over all the values. */
export function pcrDigest(selected: readonly SelectedPcr[]): Uint8Array {
  return sha256(concatBytes(...selected.map(({ value }) => value)));
}
