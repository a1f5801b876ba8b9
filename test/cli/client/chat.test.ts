import { beforeAll, describe, expect, it } from 'vitest';
import { chatVerbOf } from '../../../src/cli/client/chat-verb.ts';
import { Args } from '../../../src/cli/verb.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { GATEWAY } from '../../support/client/gateway.ts';
import { openAiServer } from '../../support/client/openai-server.ts';
import { jsonOf, UNSAFE } from '../fake-io.ts';
import { type CliBed, cliBed, without } from './client-cli.ts';

let cli: CliBed;
beforeAll(async () => {
  cli = await cliBed();
});

describe('postern chat <question>', () => {
  it('prints the answer, and on stderr why the machine is trusted', async () => {
    const { exit, out, err } = await cli.run(['chat', 'Hi', ...cli.flags]);
    expect([exit, out]).toEqual([0, 'Hello world\n']);
    for (const part of [
      '? Requests are sealed for a machine that no vendor vouches for',
      `address  ${GATEWAY}`,
      'verdict        accept',
      'roots          simulator',
      'note  Checked under simulator roots',
      'held fast by  the file here',
      'key.bound (leaf ',
      'not proven',
    ]) {
      expect(err).toContain(part);
    }
    expect(err).not.toMatch(UNSAFE);
  });

  it('asks the model that is named, and sends the gateway its key', async () => {
    const { machine, gateway } = cli.bed;
    await cli.run(['chat', 'Hi', '--model', 'm2', '--system', 'Be brief.', ...cli.flags]);
    const opened = machine.opened.at(-1)?.content ?? new Uint8Array();
    expect(JSON.parse(new TextDecoder().decode(opened))).toEqual({
      model: 'm2',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      stream: true,
    });
    const key = `Bearer postern_client_${'a'.repeat(24)}`;
    expect(gateway.asked.at(-1)?.headers.get('authorization')).toBe(key);
  });

  it('in JSON says all of it in one object', async () => {
    const ran = await cli.run(['chat', 'Hi', '--json', ...cli.flags]);
    expect(ran.exit).toBe(0);
    expect(jsonOf(ran)).toMatchObject({
      answer: 'Hello world',
      model: 'm1',
      verdict: 'accept',
      anchors: 'simulator',
      policy: { pinnedBy: 'file' },
      ledger: { state: 'checked' },
      notes: [expect.stringContaining('simulator roots')],
      receipt: { model: 'm1', outcome: 'complete' },
    });
  });

  it('lets a machine move no cursor', async () => {
    const hostile = await cliBed({
      serve: (request, machine) => {
        if (request.path !== '/v1/chat/completions') return openAiServer(request, machine);
        const delta = { content: 'a\u001b[2J\u202eb\tc\nd' };
        const event = { choices: [{ delta, finish_reason: 'stop' }] };
        return {
          fields: [['content-type', 'text/event-stream']],
          parts: [utf8(`data: ${JSON.stringify(event)}\n\n`)],
        };
      },
    });
    const { exit, out } = await hostile.run(['chat', 'Hi', ...hostile.flags]);
    expect([exit, out]).toEqual([0, 'a\\x1b[2J\\u202eb\tc\nd\n']);
  });
});

describe('ends', () => {
  it('by 1 where the machine is not what the policy wants, with the checks', async () => {
    const other = await cliBed({
      policy: (draft) => {
        draft.spec.deployment = { platformInstanceIds: ['11'.repeat(16)] };
      },
    });
    const ran = await other.run(['chat', 'Hi', '--json', ...other.flags]);
    expect(ran.exit).toBe(1);
    expect(jsonOf(ran)).toMatchObject({
      error: { stage: 'appraisal', code: 'appraisal.reject', checks: expect.anything() },
    });
    expect(ran.err).toContain('no request was sent');
    expect(ran.err).toContain('✗');
  });

  it('by 69 where the gateway is not there', async () => {
    const { exit, out, err } = await cli.run(['chat', 'Hi', ...cli.flags], {
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    });
    expect([exit, out]).toEqual([69, '']);
    expect(err).toContain('candidates.unreachable');
  });

  it('by 64 where it is not said whom to trust', async () => {
    const { flags, run } = cli;
    const cases: [readonly string[], RegExp][] = [
      [without(flags, '--gateway'), /--gateway/],
      [without(flags, '--policy'), /--policy or --policy-name/],
      [[...flags, '--policy-name', 'x'], /--policy or --policy-name/],
      [[...flags, '--threshold', '1'], /--threshold goes with --policy-name/],
      [[...without(flags, '--policy'), '--policy-name', 'x'], /--least-revision/],
      [
        [...without(flags, '--policy'), '--policy-name', 'x', '--least-revision', '1'],
        /--keyring, or --signer/,
      ],
      [without(flags, '--ledger-key'), /--ledger-key, --ledger-policy and --ledger-unchecked/],
      [[...flags, '--ledger-unchecked'], /one of --ledger-key/],
      [without(flags, '--memory'), /--memory/],
      [without(flags, '--pool'), /--model/],
      [[...without(flags, '--gateway'), '--gateway', 'http://gate.example'], /https/],
    ];
    for (const [argv, said] of cases) {
      const { exit, out, err } = await run(['chat', 'Hi', ...argv]);
      expect([exit, out]).toEqual([64, '']);
      expect(err).toMatch(said);
    }
  });

  it('by 64 where the machine’s server knows no such thing, in its own words', async () => {
    const refusing = await cliBed({
      serve: (request, machine) =>
        request.path === '/v1/models'
          ? openAiServer(request, machine)
          : { status: 404, parts: [utf8('{"error":{"message":"no such model"}}')] },
    });
    const { exit, err } = await refusing.run(['chat', 'Hi', ...refusing.flags]);
    expect(exit).toBe(64);
    expect(err).toContain('machine: answers 404');
  });
});

describe('a conversation', () => {
  async function conversation(typed: readonly string[]) {
    const verb = chatVerbOf(async function* () {
      yield* typed;
    });
    let [out, err] = ['', ''];
    const { files } = cli;
    const exit = await verb.run(
      {
        readFile: async (path) => {
          const file = files[path] ?? '';
          return typeof file === 'string' ? utf8(file) : file;
        },
        fetch: cli.bed.gateway.fetch,
        now: () => cli.bed.gateway.now,
        pause: () => Promise.resolve(),
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
        env: () => undefined,
        envNames: () => [],
        colours: false,
        out: (text) => {
          out += text;
        },
        err: (text) => {
          err += text;
        },
      },
      new Args(verb, cli.flags),
    );
    return { exit, out, err };
  }

  it('remembers what was said, and knows its own words', async () => {
    const { exit, out, err } = await conversation([
      'One',
      '/receipt',
      '',
      '/what',
      'Two',
      '/trust',
      '/quit',
      'Three',
    ]);
    expect([exit, out]).toEqual([0, 'Hello world\nHello world\n']);
    const opened = cli.bed.machine.opened.at(-1)?.content ?? new Uint8Array();
    expect(JSON.parse(new TextDecoder().decode(opened)).messages).toEqual([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Hello world' },
      { role: 'user', content: 'Two' },
    ]);
    expect(err).toContain('completionTokens');
    expect(err).toContain('want /trust, /receipt or /quit');
    expect(err.match(/vouches for/g)).toHaveLength(2);
  });

  it('goes on after an answer that failed, as if it had not been asked', async () => {
    const { gateway, machine } = cli.bed;
    let relayed = 0;
    gateway.answering = async ({ path }, honest) => {
      // The first is for the list of models.
      if (path.startsWith('/ohttp/') && ++relayed === 2) throw new TypeError('gone');
      return honest();
    };
    const { exit, out, err } = await conversation(['One', 'Two']);
    gateway.answering = (_asked, honest) => honest();
    expect([exit, out]).toEqual([0, '\nHello world\n']);
    expect(err).toContain('relay.unreachable');
    const opened = machine.opened.at(-1)?.content ?? new Uint8Array();
    expect(JSON.parse(new TextDecoder().decode(opened)).messages).toEqual([
      { role: 'user', content: 'Two' },
    ]);
  });
});
