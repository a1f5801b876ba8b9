import type { Answered, Asked, Meddle } from './relay.ts';

/** One request, and as much of its answer as has come. */
export interface Recorded {
  readonly asked: Asked;
  readonly status: number;
  readonly pieces: Uint8Array[];
}

/** A relay that changes nothing and keeps a copy: whatever the gateway could have seen. */
export class Recording {
  readonly all: Recorded[] = [];

  readonly meddle: Meddle = async (asked, forward) => {
    const answered = await forward();
    const recorded: Recorded = { asked, status: answered.status, pieces: [] };
    this.all.push(recorded);
    return { ...answered, body: copied(answered, recorded) };
  };

  /** The last request whose path begins so. */
  last(method: string, path: string): Recorded | undefined {
    return this.all.findLast(({ asked }) => asked.method === method && asked.path.startsWith(path));
  }

  /** Whether this text passed in clear, in whichever direction. */
  has(text: string): boolean {
    return this.all.some(({ asked, pieces }) => {
      const head = `${asked.path}\n${JSON.stringify(asked.headers)}`;
      return (
        head.includes(text) ||
        Buffer.from(asked.body).includes(text) ||
        Buffer.concat(pieces).includes(text)
      );
    });
  }
}

async function* copied({ body }: Answered, { pieces }: Recorded): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    pieces.push(piece);
    yield piece;
  }
}
