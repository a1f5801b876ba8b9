/** Name in lower case and value, one character a byte; in the order of the wire. */
export type Field = readonly [name: string, value: string];

export interface RequestHead {
  readonly method: string;
  /** Lower case. */
  readonly scheme: string;
  /** May be empty: then there is a `host` field, or the reader knows. */
  readonly authority: string;
  /** With the query; `*` for OPTIONS. */
  readonly path: string;
  readonly fields: readonly Field[];
}

export interface ResponseHead {
  /** 200 to 599; 100 to 199 of one that goes before. */
  readonly status: number;
  readonly fields: readonly Field[];
}

export interface RequestMessage extends RequestHead {
  readonly content: Uint8Array;
  readonly trailers: readonly Field[];
}

export interface ResponseMessage extends ResponseHead {
  readonly informational: readonly ResponseHead[];
  readonly content: Uint8Array;
  readonly trailers: readonly Field[];
}

/** What a reader takes at most; above it a message is `oversized`. */
export interface MessageLimits {
  /** Fields of one section. */
  readonly fields: number;
  /** Names and values of one section, and what leads up to a request's fields, in bytes. */
  readonly sectionSize: number;
  /** Responses of 100 to 199. */
  readonly informational: number;
  /** In bytes. */
  readonly content: number;
}

export const USUAL_LIMITS: MessageLimits = {
  fields: 128,
  sectionSize: 65_536,
  informational: 8,
  content: 64 * 1024 * 1024,
};

/** Framing indicators (RFC 9292 section 3.3). */
export const FRAMING = {
  request: { known: 0, indeterminate: 2 },
  response: { known: 1, indeterminate: 3 },
} as const;

export type MessageKind = keyof typeof FRAMING;
