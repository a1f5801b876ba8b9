import { join } from 'node:path';
import { clientFlags, POSTERN, writeLedgerKey } from '../client-flags.ts';
import { DEMO_LAYOUT } from '../folder.ts';
import { type Scene, SHOWN } from '../scene.ts';
import type { World } from '../world.ts';

/** What a reader may want to try on what runs. */
export async function showNext({ world, teller }: Scene, isLeft: boolean): Promise<void> {
  await writeLedgerKey(world);
  const commands = isLeft ? commandsFor(world) : [];
  if (isLeft) {
    teller.begin('It goes on until Ctrl-C. In another terminal:');
    for (const { says, command } of commands) {
      teller.line(`# ${says}`, 'dim');
      teller.line(command);
    }
  }
  teller.facts('next', { dir: world.dir, gateway: world.url, commands });
}

function commandsFor({ dir, url, verifierKey }: World) {
  const at = (path: string) => join(dir, path);
  const client = clientFlags({ dir, url }, SHOWN.pool).join(' ');
  return [
    { says: 'the ledger’s signed state', command: `curl ${url}/checkpoint` },
    {
      says: 'machines, and where each stands',
      command: `${POSTERN} nodes list --dir ${at(DEMO_LAYOUT.gateway)}`,
    },
    {
      says: 'a question of your own',
      command: `${POSTERN} chat ${client} 'Why is the sky blue?'`,
    },
    {
      says: 'an address for programs that speak OpenAI’s API',
      command: `${POSTERN} proxy ${client}`,
    },
    {
      says: 'each decision again, from what it saw',
      command: `${POSTERN} audit replay ${at(DEMO_LAYOUT.ledger)} --log-key '${verifierKey}'`,
    },
  ];
}
