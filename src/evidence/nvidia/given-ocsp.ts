import { sameBytes } from '#crypto';
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
  readonly #signers: { issuer: Certificate; signer: Certificate | Mismatch }[] = [];
  #parsed: ParsedOcspResponse | Fault | undefined;
  #copy: Uint8Array | undefined;

  constructor({ response, nonce }: OcspInput, at: string) {
    this.response = response;
    this.nonce = nonce;
    this.at = at;
  }

  isSame({ response, nonce }: OcspInput): boolean {
    const [own, other] = [this.nonce, nonce];
    // A nonce of no bytes is one that it was asked with, and no answer echoes it.
    const asked = own && other ? sameBytes(own, other) : own === other;
    return asked && sameBytes(this.response, response);
  }

  /** Made once: the caller may use its buffer again while what was read is remembered. */
  get copy(): Uint8Array {
    this.#copy ??= new Uint8Array(this.response);
    return this.#copy;
  }

  get parsed(): ParsedOcspResponse | Fault {
    this.#parsed ??= parse(this.response, this.at);
    return this.#parsed;
  }

  /** Who signed for this issuer; a mismatch where nobody did who might. */
  signerFor(response: OcspResponse, issuer: Certificate): Certificate | Mismatch {
    const known = this.#signers.find(
      (before) => before.issuer === issuer || sameBytes(before.issuer.der, issuer.der),
    );
    if (known) return known.signer;
    const signer = ocspSigner(response, issuer);
    this.#signers.push({ issuer, signer });
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
  const distinct: GivenOcsp[] = [];
  for (const [i, input] of inputs.entries()) {
    if (!distinct.some((before) => before.isSame(input))) {
      distinct.push(new GivenOcsp(input, `ocsp[${i}]`));
    }
  }
  return distinct;
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
  subjects: readonly { readonly certificate: Certificate }[],
): readonly GivenOcsp[] {
  const named = subjects.flatMap(({ certificate }) => bySerial.get(certificate.serial) ?? []);
  return [...new Set([...unnamed, ...named])];
}
