import { enrol } from '../../agent/gateway/enrol.ts';
import type { Enrolled } from '../../protocol/enrolment-transcript.ts';
import { readWholeNumber } from '../input.ts';
import { usage } from '../io.ts';
import type { Args, Verb } from '../verb.ts';
import { GATEWAY_OPTIONS, openGateway } from './gateway-options.ts';
import { printNode } from './nodes-show.ts';
import { readNodeSigner } from './proof.ts';

export const nodesEnrolVerb: Verb = {
  name: 'nodes enrol',
  summary: 'Enrol a machine under its own key; it has to be admitted before anything is let to it.',
  operands: '<name>',
  arity: { min: 1, max: 1 },
  options: {
    ...GATEWAY_OPTIONS,
    key: {
      value: '<pem>',
      help: 'the machine’s own Ed25519 private key: it signs the enrolment, and all that the machine asks later',
    },
    pool: { value: '<name>', help: 'the pool that it is to serve in' },
    cpu: { value: '<tdx|snp>', help: 'what it is' },
    gpus: { value: '<n>', help: 'how many GPUs it has; none by default' },
    switches: { value: '<n>', help: 'how many NVSwitches it has; none by default' },
    endpoint: {
      value: '<url>',
      help: 'where it answers challenges that nobody announced; without it, it must come by itself',
    },
  },
  notes: [
    'Who enrols shows an API key of role node for the pool, or an admin’s; the machine’s key shows that nobody enrols a key that is not theirs. openssl genpkey -algorithm ed25519 makes one.',
    'It prints the machine as the gateway knows it from now on; postern nodes attest admits it.',
  ],
  run: async (io, args) => {
    const enrolled = whatIsEnrolled(args);
    const signer = await readNodeSigner(io, wanted(args, 'key'), 'key');
    const gateway = await openGateway(io, args);
    printNode(io, args, await enrol(gateway, signer, enrolled));
    return 0;
  },
};

function whatIsEnrolled(args: Args): Omit<Enrolled, 'key'> {
  const cpu = wanted(args, 'cpu');
  if (cpu !== 'tdx' && cpu !== 'snp')
    throw usage(`--cpu: want tdx or snp, got ${JSON.stringify(cpu)}`);
  const endpoint = args.one('endpoint');
  return {
    name: args.operand(0),
    pool: wanted(args, 'pool'),
    ...(endpoint !== undefined && { endpoint }),
    inventory: {
      cpu,
      gpus: readWholeNumber(args, 'gpus') ?? 0,
      switches: readWholeNumber(args, 'switches') ?? 0,
    },
  };
}

function wanted(args: Args, name: string): string {
  const value = args.one(name);
  if (value === undefined) throw usage(`--${name} is missing`);
  return value;
}
