/** A header by its name in lower case. */
export type Header = readonly [name: string, value: string];

export interface UpstreamRequest {
  readonly method: string;
  /** With its query. */
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: readonly Header[];
  /** Throws {@link UpstreamFailure} unless the answer ends where it says it does. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** The server beside the agent, whatever it is. */
export interface Upstream {
  /**
   * @param signal ends the call at once: nobody waits for its answer any more.
   * @throws UpstreamFailure
   */
  call(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer>;
}

/** What can go wrong with the local server. */
export type UpstreamWord =
  | 'unreachable'
  | 'late'
  | 'broken'
  | 'cut-off'
  | 'redirect'
  | 'encoded'
  | 'endless';

/**
 * It did not answer, or not whole. What it sent is in no message and in no cause: it may have said
 * a prompt back.
 */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';
  readonly word: UpstreamWord;

  constructor(word: UpstreamWord) {
    super(`upstream: ${word}`);
    this.word = word;
  }
}
