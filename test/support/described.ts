import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Sample } from './gateway-bed.ts';

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
}

interface OperationObject {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }>
  >;
}

interface Answered {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Holds answers against a description, with a validator that had no part in it. */
export class Description {
  readonly document: Described;
  readonly #ajv = new Ajv2020({ strict: false });

  constructor(document: Described) {
    this.document = document;
    this.#ajv.addSchema(document, 'openapi');
  }

  /** `GET /v1/nodes` and the like. */
  routes(): string[] {
    return Object.entries(this.document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  statuses({ method, template }: Pick<Sample, 'method' | 'template'>): string[] {
    return Object.keys(this.#operation(method, template).responses);
  }

  /** What is wrong with an answer; empty if it is as described. */
  misfits({ method, template }: Pick<Sample, 'method' | 'template'>, answer: Answered): string[] {
    const { responses } = this.#operation(method, template);
    const status = `${answer.statusCode}`;
    const found = status in responses ? status : 'default';
    const type = `${answer.headers['content-type'] ?? ''}`.split(';')[0] ?? '';
    const { content } = responses[found] ?? {};
    if (content === undefined) return type === '' ? [] : [`${status} should have no body`];
    if (!(type in content)) return [`${status} should not be ${type}`];
    if (method === 'HEAD' || content[type]?.schema === undefined) return [];
    const steps = ['paths', template, method.toLowerCase(), 'responses', found];
    const path = [...steps, 'content', type, 'schema'].map(escaped).join('/');
    const valid = this.#ajv.getSchema(`openapi#/${path}`);
    if (!valid) return [`no schema at ${path}`];
    if (valid(JSON.parse(answer.body))) return [];
    return (valid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  #operation(method: string, template: string): OperationObject {
    const operation = this.document.paths[template]?.[method.toLowerCase()];
    if (!operation) throw new Error(`${method} ${template} is not described`);
    return operation;
  }
}

function escaped(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));
}
