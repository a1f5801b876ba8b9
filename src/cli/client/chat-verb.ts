import { createInterface } from 'node:readline';
import { createPostern } from '../../client/create-postern.ts';
import { PosternError } from '../../client/errors.ts';
import type { Postern } from '../../client/postern.ts';
import type { CheckedReceipt } from '../../client/receipt.ts';
import { trustOf } from '../../client/trust-facts.ts';
import { Fault } from '../../core/fault.ts';
import { type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { ask, modelsOf, type Said } from './ask.ts';
import { tellError, telling } from './client-error.ts';
import { CLIENT_NOTES, CLIENT_OPTIONS } from './client-options.ts';
import { readClient } from './read-client.ts';
import { printTrust } from './trust-tree.ts';

/** Lines as somebody types them. */
export type Lines = () => AsyncIterable<string>;

/** @param lines of a conversation. */
export function chatVerbOf(lines: Lines): Verb {
  return {
    name: 'chat',
    summary: 'Ask a machine that was verified here, for a quick try.',
    operands: '[<question>]',
    arity: { min: 0, max: 1 },
    options: {
      ...CLIENT_OPTIONS,
      model: { value: '<name>', help: 'which model; the only one of the pool by default' },
      system: { value: '<text>', help: 'what the model is told before all else' },
    },
    notes: [
      'The answer alone is on standard output; why the machine is trusted is on stderr. Without a question it is a conversation: /trust, /receipt and /quit are for it, all else for the machine.',
      ...CLIENT_NOTES,
    ],
    run: (io, args) => telling(io, args, () => chat(io, args, lines)),
  };
}

export const chatVerb = chatVerbOf(() => createInterface({ input: process.stdin }));

interface Chat {
  readonly postern: Postern;
  readonly model: string;
  readonly said: Said[];
  readonly lastReceipt: () => CheckedReceipt | undefined;
}

async function chat(io: Io, args: Args, lines: Lines): Promise<number> {
  const [question] = args.operands;
  if (question === undefined && args.has('json')) throw usage('--json wants a question');
  const one = await begin(io, args);
  if (!args.has('json')) printTrust(io, one.postern.verification());
  if (question === undefined) await converse(io, one, lines);
  else if (args.has('json')) await answerInJson(io, one, question);
  else await answerTo(io, one, question);
  return 0;
}

async function begin(io: Io, args: Args): Promise<Chat> {
  let last: CheckedReceipt | undefined;
  const options = await readClient(io, args);
  const postern = await createPostern({
    ...options,
    onReceipt: (receipt) => {
      last = receipt;
    },
  });
  const model = args.one('model') ?? (await onlyModel(postern, options.pool));
  if (options.pool === undefined) await postern.verify({ model });
  const system = args.one('system');
  const said: Said[] = system === undefined ? [] : [{ role: 'system', content: system }];
  return { postern, model, said, lastReceipt: () => last };
}

async function onlyModel(postern: Postern, pool: string | undefined): Promise<string> {
  if (pool === undefined) throw usage('which model: --model, or --pool with only one');
  const models = await modelsOf(postern);
  const [only, ...more] = models;
  if (only !== undefined && more.length === 0) return only;
  throw usage(
    `--model: want one of ${models.join(', ') || 'those that the pool has, which is none'}`,
  );
}

async function converse(io: Io, one: Chat, lines: Lines): Promise<void> {
  const prompt = () => io.err('\n> ');
  prompt();
  for await (const line of lines()) {
    const text = line.trim();
    if (text === '/quit') return;
    if (text === '/trust') printTrust(io, one.postern.verification());
    else if (text === '/receipt') tellReceipt(io, one.lastReceipt());
    else if (text.startsWith('/')) warn(io, 'want /trust, /receipt or /quit');
    else if (text !== '') await answerOrTell(io, one, text);
    prompt();
  }
}

/** One answer that fails ends no conversation; what was asked then was not asked. */
async function answerOrTell(io: Io, one: Chat, text: string): Promise<void> {
  try {
    await answerTo(io, one, text);
  } catch (error) {
    if (error instanceof PosternError) tellError(io, error);
    else if (error instanceof Fault && error.code !== 'internal') warn(io, error.message);
    else throw error;
  }
}

async function answerTo(io: Io, one: Chat, question: string): Promise<void> {
  const messages: readonly Said[] = [...one.said, { role: 'user', content: question }];
  try {
    const { text } = await ask(one.postern, one.model, messages, (piece) => io.out(shown(piece)));
    one.said.splice(0, one.said.length, ...messages, { role: 'assistant', content: text });
  } finally {
    io.out('\n');
  }
}

async function answerInJson(io: Io, one: Chat, question: string): Promise<void> {
  const messages: readonly Said[] = [...one.said, { role: 'user', content: question }];
  const { text, finish } = await ask(one.postern, one.model, messages, () => undefined);
  const view = one.postern.verification();
  const receipt = one.lastReceipt();
  const node = view.nodes.find(({ node: id }) => id === receipt?.node) ?? view.nodes[0];
  printJson(io, {
    answer: text,
    finish: finish ?? null,
    model: one.model,
    node: node?.node,
    pool: node?.pool,
    verdict: node?.evidence?.verdict,
    anchors: node?.evidence?.anchors,
    policy: view.policy,
    ledger: view.ledger,
    notes: trustOf(view, node).warnings,
    notProven: node?.evidence?.notProven ?? [],
    receipt: receipt ?? null,
  });
}

function tellReceipt(io: Io, receipt: CheckedReceipt | undefined): void {
  if (receipt === undefined) warn(io, 'no receipt yet');
  for (const [name, value] of Object.entries(receipt ?? {})) {
    io.err(`${name.padEnd(16)}  ${visible(String(value))}\n`);
  }
}

/** Lines and tabs are the machine's to make, and no other of a terminal's movements. */
function shown(text: string): string {
  return text
    .split(/([\n\t])/)
    .map((part) => (part === '\n' || part === '\t' ? part : visible(part)))
    .join('');
}
