import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import {
  type OcspResponse,
  type ParsedOcspResponse,
  parseOcspResponse,
} from '../../core/x509/ocsp.ts';
import { ocspSigner } from '../../core/x509/ocsp-signer.ts';
import type { OcspInput } from './input.ts';

/** A response as it was given. What is found out about it serves all devices it is about. */
export class GivenOcsp {
  readonly response: Uint8Array;
  /** What it was asked with. */
  readonly nonce: Uint8Array | undefined;
  /** Where it stands among those that were given. */
  readonly at: string;
  readonly #signers = new Map<string, Certificate | Mismatch>();
  #parsed: ParsedOcspResponse | Fault | undefined;

  constructor({ response, nonce }: OcspInput, at: string) {
    this.response = response;
    this.nonce = nonce;
    this.at = at;
  }

  get parsed(): ParsedOcspResponse | Fault {
    this.#parsed ??= parse(this.response, this.at);
    return this.#parsed;
  }

  /** Who signed for this issuer; a mismatch where nobody did who might. */
  signerFor(response: OcspResponse, issuer: Certificate): Certificate | Mismatch {
    const name = toHex(issuer.der);
    const signer = this.#signers.get(name) ?? ocspSigner(response, issuer);
    this.#signers.set(name, signer);
    return signer;
  }
}

function parse(response: Uint8Array, at: string): ParsedOcspResponse | Fault {
  try {
    return parseOcspResponse(response, at);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return error;
  }
}

/** Each once: whoever hands over copies of one would have each of them verified. */
export function givenOcsp(inputs: readonly OcspInput[]): readonly GivenOcsp[] {
  const distinct = new Map<string, GivenOcsp>();
  for (const [i, input] of inputs.entries()) {
    const { response, nonce } = input;
    const name = `${toHex(sha256(response))} ${nonce ? toHex(nonce) : 'not asked'}`;
    if (!distinct.has(name)) distinct.set(name, new GivenOcsp(input, `ocsp[${i}]`));
  }
  return [...distinct.values()];
}

/** Of a whole machine: each response, and the serial numbers that it is about. */
export interface OcspPool {
  /** Of those that name no serial number, one of each kind: they are the same news for every device. */
  readonly unnamed: readonly GivenOcsp[];
  readonly bySerial: ReadonlyMap<string, readonly GivenOcsp[]>;
}

/** Nothing is verified yet. */
export function poolOcsp(inputs: readonly OcspInput[]): OcspPool {
  const unnamed = new Map<string, GivenOcsp>();
  const bySerial = new Map<string, GivenOcsp[]>();
  for (const given of givenOcsp(inputs)) {
    const { parsed } = given;
    if (parsed instanceof Fault || parsed.status !== 'successful') {
      const kind = parsed instanceof Fault ? 'malformed' : parsed.status;
      if (!unnamed.has(kind)) unnamed.set(kind, given);
      continue;
    }
    for (const serial of new Set(parsed.response.responses.map(({ certId }) => certId.serial))) {
      bySerial.set(serial, [...(bySerial.get(serial) ?? []), given]);
    }
  }
  return { unnamed: [...unnamed.values()], bySerial };
}

/** What a device has to look at. */
export function ocspAbout(
  { unnamed, bySerial }: OcspPool,
  certificates: readonly Certificate[],
): readonly GivenOcsp[] {
  const named = certificates.flatMap(({ serial }) => bySerial.get(serial) ?? []);
  return [...new Set([...unnamed, ...named])];
}
