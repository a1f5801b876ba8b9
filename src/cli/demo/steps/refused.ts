import { PosternError } from '../../../client/errors.ts';
import { Recording } from '../recording.ts';
import { type Relay, startRelay } from '../relay.ts';
import { clientOf, type Scene, wantShown } from '../scene.ts';
import { swapsKeys } from '../swapped-key.ts';

/** A relay that hands out its own keys, and a client that asks by it. */
export async function showRefused(scene: Scene): Promise<void> {
  const { io, world, teller } = scene;
  teller.begin('An attack: a gateway that puts its own key in the place of the enclave’s');
  const recording = new Recording();
  const swap = swapsKeys(io.randomBytes);
  const relay: Relay = await startRelay(world.url, (asked, forward) =>
    recording.meddle(asked, () => swap(asked, forward)),
  );
  try {
    const error = await clientOf(scene, relay.url).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    wantShown(error instanceof PosternError, 'the client refuses the relay’s key');
    if (!(error instanceof PosternError)) return;
    const { stage, code, trust } = error;
    const failed = error.checks.filter(({ outcome }) => outcome === 'fail');
    const sealed = recording.all.filter(({ asked }) => asked.path.startsWith('/ohttp/')).length;
    wantShown(sealed === 0, 'nothing was sealed for the relay’s key');
    teller.bad(`refused at the stage ${stage} (${code})`);
    for (const check of failed) {
      if (check.outcome !== 'fail') continue;
      teller.line(`${check.id}: want ${short(check.want)}, got ${short(check.got)}`);
    }
    teller.line(trust, 'dim');
    teller.facts('refused', { stage, code, trust, checks: failed, sealedRequests: sealed });
  } finally {
    await relay.close();
  }
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 32)}…` : text;
}
