import { telling } from '../client/client-error.ts';
import { CLIENT_NOTES, CLIENT_OPTIONS } from '../client/client-options.ts';
import type { Verb } from '../verb.ts';
import { connectBySsh } from './connect.ts';
import { type SshSystem, terminalSystem } from './system.ts';
import { SSH_OPTION } from './the-ssh.ts';

export function sshVerbOf(system: SshSystem): Verb {
  return {
    name: 'ssh',
    summary: 'Reach a machine that was verified here by ssh, and no other.',
    operands: '<node> [<ssh argument>…]',
    arity: { min: 1, max: Number.POSITIVE_INFINITY },
    passesOn: true,
    options: {
      ...CLIENT_OPTIONS,
      address: {
        value: '<host:port>',
        help: 'where it is reached, where its gateway does not say',
      },
      'prove-session': {
        help: 'insist that the machine answers for this very connection; on where ssh can (8.9)',
      },
      'no-prove-session': {
        help: 'take the host key alone for it; wanted for passwords and all but keys',
      },
      ...SSH_OPTION,
    },
    notes: [
      'The node is named by its id, its name or the address of its SSH, with a user before it where one is wanted: root@node. Options of postern stand before it; all behind it is ssh’s: its options, and a command.',
      'The machine is verified with a fresh nonce, and ssh is given the host keys that its evidence commits to, in a file of its own; nothing else of ssh’s configuration can say who is at the other end. Where an option or a Match block would, ssh is not run, and it is said which.',
      'A host key may have been stolen. --prove-session adds: before your session begins, the machine shows evidence that is about this connection alone; where it does not, the connection is ended. It takes the place of your ssh-agent for that, and passes the rest on to it. ssh authenticates by key alone then, and no LocalCommand of yours is run.',
      'While you are connected the machine is verified again and again: once it is no longer let in, ssh is ended, and why is said. A gateway that can’t be reached ends nothing until what was verified has run out.',
      'Exit codes: ssh’s own where it ran to its end; 1, 2, 64 and 69 as ever where it was not run or was ended. With --json ssh is not run: what it would be given is printed.',
      ...CLIENT_NOTES,
    ],
    run: (io, args) => telling(io, args, () => connectBySsh(io, args, system)),
  };
}

export const sshVerb = sshVerbOf(terminalSystem);
