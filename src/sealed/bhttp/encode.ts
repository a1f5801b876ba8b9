import { concatBytes } from '../../core/bytes/writer.ts';
import { varint } from '../varint.ts';
import { checkRequestHead, checkResponseHead } from './check-head.ts';
import { checkFields } from './fields.ts';
import {
  type Field,
  FRAMING,
  type RequestHead,
  type RequestMessage,
  type ResponseHead,
  type ResponseMessage,
} from './message.ts';

/**
 * A request of known length (RFC 9292 section 3.1), nothing omitted.
 *
 * @throws SealedFault `malformed` for what a reader here would refuse.
 */
export function encodeRequest(request: RequestMessage): Uint8Array {
  checkRequestHead(request, 'request');
  checkFields(request.trailers, 'request.trailers', 'trailer');
  return concatBytes(
    varint(FRAMING.request.known),
    controlData(request),
    knownSection(request.fields),
    varint(request.content.length),
    request.content,
    knownSection(request.trailers),
  );
}

/** A response of known length, the same way. */
export function encodeResponse(response: ResponseMessage): Uint8Array {
  for (const head of response.informational) {
    checkResponseHead(head, 'informational', 'response.informational');
  }
  checkResponseHead(response, 'final', 'response');
  checkFields(response.trailers, 'response.trailers', 'trailer');
  return concatBytes(
    varint(FRAMING.response.known),
    ...[...response.informational, response].flatMap(({ status, fields }) => [
      varint(status),
      knownSection(fields),
    ]),
    varint(response.content.length),
    response.content,
    knownSection(response.trailers),
  );
}

/** Writes a message of which the length is not known yet (RFC 9292 section 3.2), part by part. */
export class MessageWriter {
  #begun = false;
  #state: 'head' | 'content' | 'ended' = 'head';

  /** Before the head of a response. */
  informational(head: ResponseHead): Uint8Array {
    checkResponseHead(head, 'informational', 'response.informational');
    this.#mustBe('head');
    return this.#response(head);
  }

  requestHead(head: RequestHead): Uint8Array {
    checkRequestHead(head, 'request');
    this.#mustBe('head');
    if (this.#begun) throw new RangeError('a response is begun');
    this.#state = 'content';
    return concatBytes(
      varint(FRAMING.request.indeterminate),
      controlData(head),
      indeterminateSection(head.fields),
    );
  }

  responseHead(head: ResponseHead): Uint8Array {
    checkResponseHead(head, 'final', 'response');
    this.#mustBe('head');
    this.#state = 'content';
    return this.#response(head);
  }

  /** @param bytes one or more: a chunk of none would be the end. */
  content(bytes: Uint8Array): Uint8Array {
    this.#mustBe('content');
    if (bytes.length === 0) throw new RangeError('content of no byte ends a message');
    return prefixed(bytes);
  }

  end(trailers: readonly Field[] = []): Uint8Array {
    checkFields(trailers, 'trailers', 'trailer');
    this.#mustBe('content');
    this.#state = 'ended';
    return concatBytes(varint(0), indeterminateSection(trailers));
  }

  #response({ status, fields }: ResponseHead): Uint8Array {
    const framing = this.#begun ? NOTHING : varint(FRAMING.response.indeterminate);
    this.#begun = true;
    return concatBytes(framing, varint(status), indeterminateSection(fields));
  }

  #mustBe(state: 'head' | 'content'): void {
    if (this.#state !== state) throw new RangeError(`not the time to write this: ${this.#state}`);
  }
}

const NOTHING = new Uint8Array();

function controlData({ method, scheme, authority, path }: RequestHead): Uint8Array {
  return concatBytes(...[method, scheme, authority, path].map((text) => prefixed(latin1(text))));
}

function knownSection(fields: readonly Field[]): Uint8Array {
  return prefixed(concatBytes(...lines(fields)));
}

function indeterminateSection(fields: readonly Field[]): Uint8Array {
  return concatBytes(...lines(fields), varint(0));
}

function lines(fields: readonly Field[]): Uint8Array[] {
  return fields.flat().map((text) => prefixed(latin1(text)));
}

function prefixed(bytes: Uint8Array): Uint8Array {
  return concatBytes(varint(bytes.length), bytes);
}

/** Checked before to be one byte a character. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
