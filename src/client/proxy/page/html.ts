/** Markup that is safe as it stands. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A template whose values are text, or {@link Html}, or lists of these: text is escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.map((part, i) => part + textOf(values[i] ?? '')).join(''));
}

type Value = string | number | Html | readonly Html[];

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Also what turns the reading direction or hides: a name could read as another one. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (found) => ENTITIES[found] ?? '')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}
