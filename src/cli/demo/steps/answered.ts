import type { Postern } from '../../../client/postern.ts';
import { Fault } from '../../../core/fault.ts';
import { nameOf, type Scene, SHOWN, wantShown } from '../scene.ts';
import { textsIn } from '../server-events.ts';

/** Nobody but the client and the enclave is to read it. */
export const PROMPT = 'The key to the safe is under the third flowerpot';

/** A prompt, and its answer word by word. @returns the answer. */
export async function showAnswered(scene: Scene, postern: Postern): Promise<string> {
  const { teller } = scene;
  teller.line(`asked     ${PROMPT}`);
  teller.line();
  teller.raw('   answered  ');
  const answer = await ask(postern, (text) => teller.raw(text));
  teller.line();
  wantShown(answer.includes(PROMPT), 'the enclave read the prompt');
  const machine = await nameOf(scene, postern.verification().nodes[0]?.node ?? '');
  teller.facts('answered', { machine, model: SHOWN.model, prompt: PROMPT, answer });
  return answer;
}

/** @throws PosternError; Fault `unreachable` for an answer that is none of a model's. */
export async function ask(
  postern: Postern,
  onText: (text: string) => void = () => undefined,
): Promise<string> {
  const { gateway } = postern.verification();
  const response = await postern.fetch(`${gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: SHOWN.model,
      messages: [{ role: 'user', content: PROMPT }],
      stream: true,
    }),
  });
  if (response.status !== 200 || response.body === null) {
    throw new Fault('unreachable', 'demo', `answered ${response.status}: ${await response.text()}`);
  }
  let answer = '';
  for await (const text of textsIn(response.body)) {
    answer += text;
    onText(text);
  }
  return answer;
}
