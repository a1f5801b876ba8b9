/** The words of a streamed chat completion, as its server-sent events bring them. */
export async function* textsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const events = `${rest}${decoder.decode(piece, { stream: true })}`.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const text = textOf(event);
      if (text !== undefined) yield text;
    }
  }
}

function textOf(event: string): string | undefined {
  if (!event.startsWith('data: {')) return undefined;
  return JSON.parse(event.slice('data: '.length)).choices[0]?.delta?.content;
}
