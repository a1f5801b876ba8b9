import { basename, dirname } from 'node:path';
import { attest, challengeFor } from '../../agent/gateway/attestation.ts';
import { GatewayClient } from '../../agent/gateway/gateway-client.ts';
import { bindingOf } from '../../appraisal/binding/recipe.ts';
import { parseBundle } from '../../appraisal/bundle/format.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { asConfiguration } from '../configuration.ts';
import { type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Options, Verb } from '../verb.ts';
import { writeFiles } from '../write-files.ts';
import { printOutcome } from './attestation-outcome.ts';
import { bundleFrom } from './bundle-command.ts';
import { PLACE_OPTIONS, readPlace } from './gateway-options.ts';
import { readNodeSigner } from './proof.ts';

const KEY: Options = {
  key: {
    value: '<pem>',
    help: 'the machine’s own Ed25519 private key, which it was enrolled under',
  },
};

export const nodesChallengeVerb: Verb = {
  name: 'nodes challenge',
  summary: 'Ask for the challenge that a machine’s next evidence has to answer.',
  operands: '<id>',
  arity: { min: 1, max: 1 },
  options: { ...PLACE_OPTIONS, ...KEY },
  notes: [
    'Nonce and purpose go into the evidence (see postern-v1 among the recipes of bundles). It is good once, and not for long.',
  ],
  run: async (io, args) => {
    const gateway = await openAsNode(io, args);
    const challenge = await challengeFor(gateway, args.operand(0));
    if (args.has('json')) printJson(io, challenge);
    else
      io.out(
        `nonce    ${challenge.nonce}\npurpose  ${challenge.purpose}\nuntil    ${challenge.expiresAt}\n`,
      );
    return 0;
  },
};

export const nodesAttestVerb: Verb = {
  name: 'nodes attest',
  summary: 'Show a gateway the evidence of your machine, which admits it or says why not.',
  operands: '<id>',
  arity: { min: 1, max: 1 },
  options: {
    ...PLACE_OPTIONS,
    ...KEY,
    command: {
      value: '<shell>',
      help: 'makes the bundle: POSTERN_NONCE and POSTERN_PURPOSE are in its environment, the bundle on its standard output',
    },
    bundle: {
      value: '<file>',
      help: 'or the bundle itself, made for a challenge of postern nodes challenge',
    },
    token: { value: '<file>', help: 'write the result token of an acceptance there' },
  },
  notes: [
    'Requests are signed with the machine’s key (RFC 9421); no API key is needed.',
    'Whatever is decided is in the gateway’s ledger before it answers. Exit code: 0 accept, 1 reject, 2 indeterminate.',
  ],
  run: async (io, args) => {
    const [command, file] = [args.one('command'), args.one('bundle')];
    if ((command === undefined) === (file === undefined)) {
      throw usage('want either --command, or --bundle');
    }
    const gateway = await openAsNode(io, args);
    const id = args.operand(0);
    const { nonce, bundle } =
      command === undefined
        ? await bundleIn(io, file ?? '')
        : await bundleMade(io, gateway, id, command);
    const outcome = await attest(gateway, id, nonce, bundle);
    const path = args.one('token');
    if (path !== undefined && outcome.verdict === 'accept') {
      const { token } = outcome.answer;
      if (token === undefined) warn(io, 'the gateway gave no token');
      else await writeFiles(dirname(path), { [basename(path)]: utf8(token) });
    }
    return printOutcome(io, args, outcome);
  },
};

async function openAsNode(io: Io, args: Args): Promise<GatewayClient> {
  if (!/^[0-9a-f]{32}$/.test(args.operand(0))) {
    throw usage('want the id of the machine, 32 hex digits, as it was enrolled');
  }
  const path = args.one('key');
  if (path === undefined) throw usage('--key is missing: the machine’s own');
  const proof = await readNodeSigner(io, path, 'key');
  return new GatewayClient(io, { ...(await readPlace(io, args)), proof });
}

async function bundleMade(io: Io, gateway: GatewayClient, id: string, command: string) {
  const { nonce, purpose, expiresAt } = await challengeFor(gateway, id);
  const left = Date.parse(expiresAt) - io.now();
  return { nonce, bundle: await bundleFrom(command, { nonce, purpose }, Math.max(left, 1000)) };
}

/** The challenge that a bundle says it answers. */
async function bundleIn(io: Io, path: string) {
  const bundle = await io.readFile(path);
  const { nonce } = asConfiguration(path, () => {
    const { binding, devices } = parseBundle(bundle);
    return bindingOf(binding, devices);
  });
  if (nonce?.length !== 32) throw usage(`${path}: answers no challenge of 32 bytes`);
  return { nonce: toHex(nonce), bundle };
}
