import type { Postern } from '../../../client/postern.ts';
import { ask } from '../../client/ask.ts';
import { nameOf, type Scene, SHOWN, wantShown } from '../scene.ts';

/** Nobody but the client and the enclave is to read it. */
export const PROMPT = 'The key to the safe is under the third flowerpot';

/** A prompt, and its answer word by word. */
export async function showAnswered(scene: Scene, postern: Postern): Promise<void> {
  const { teller } = scene;
  teller.line(`asked     ${PROMPT}`);
  teller.raw('   answered  ');
  const answer = await askIt(postern, (text) => teller.raw(text));
  teller.line();
  wantShown(answer.includes(PROMPT), 'the enclave read the prompt');
  const machine = await nameOf(scene, postern.verification().nodes[0]?.node ?? '');
  teller.facts('answered', { machine, model: SHOWN.model, prompt: PROMPT, answer });
}

/** The same prompt, whoever is asked. @throws as {@link ask}. */
export async function askIt(
  postern: Postern,
  onText: (text: string) => void = () => undefined,
): Promise<string> {
  const said = [{ role: 'user', content: PROMPT }] as const;
  return (await ask(postern, SHOWN.model, said, onText)).text;
}
