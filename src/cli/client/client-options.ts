import { CPU_AND_DEVICE_ANCHOR_OPTIONS, RIM_ANCHOR_OPTION } from '../anchor-options.ts';
import type { Args, Options } from '../verb.ts';

/** The roots that a client may be told to trust in place of the vendors'. */
export const ROOT_OPTIONS: Options = { ...CPU_AND_DEVICE_ANCHOR_OPTIONS, ...RIM_ANCHOR_OPTION };

/** Whose ledger has to show what a client relies on. */
export const LEDGER_OPTIONS: Options = {
  'ledger-key': { value: '<vkey|file>', help: 'the public key of the gateway’s ledger' },
  'ledger-policy': {
    value: '<file>',
    help: 'or ledger, witnesses and their quorum, as a C2SP tlog-policy',
  },
  'ledger-unchecked': { help: 'or ask the ledger nothing, which every answer is marked with' },
};

export const MEMORY_OPTION: Options = {
  memory: {
    value: '<dir>',
    help: 'where revisions and checkpoints are remembered; in your state folder by default',
  },
};

/** How a client of verified machines is made, for all verbs that are one. */
export const CLIENT_OPTIONS: Options = {
  gateway: { value: '<url>', help: 'the gateway that relays, e.g. https://gate.example.org' },
  'api-key-file': { value: '<file>', help: 'file with your API key of that gateway' },
  pool: { value: '<name>', help: 'which machines; left out, the model of a request decides' },
  region: { value: '<name>', help: 'machines of this region alone' },
  policy: {
    value: '<file|digest>',
    help: 'the policy that machines are judged by, or its digest, sha256:<hex>',
  },
  'policy-name': {
    value: '<name>',
    help: 'or its name, and whose signatures make later revisions',
  },
  signer: { value: '<pem>', multiple: true, help: 'with --policy-name: a key that counts' },
  keyring: { value: '<json>', help: 'or a keyring of such keys' },
  threshold: { value: '<n>', help: 'how many of the keys must sign; all by default' },
  'least-revision': { value: '<n>', help: 'with --policy-name: earlier revisions are refused' },
  ...LEDGER_OPTIONS,
  'any-deployment': { help: 'take a policy that does not pin its operator’s own machines' },
  ...MEMORY_OPTION,
  ...ROOT_OPTIONS,
};

export const CLIENT_NOTES: readonly string[] = [
  'Give one of --policy and --policy-name, and one of --ledger-key, --ledger-policy and --ledger-unchecked: whom to trust nobody but you can say.',
  '--trust-anchor and its like, for a simulator, trust other roots in place of the vendors’: all that rests on them is marked, and keeps no secret.',
];

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether `--policy` names a policy by what it is, and no file. */
export function isPolicyDigest(policy: string): boolean {
  return DIGEST.test(policy);
}

/** Whether `--ledger-key` is a key of a signed note, and no file with one. */
export function isVerifierKey(key: string): boolean {
  return key.includes('+');
}

const FILE_OPTIONS = ['api-key-file', 'signer', 'keyring', 'ledger-policy'];

/** All files that the options of a client name: what they say decides what is found of a machine. */
export function clientFiles(args: Args): readonly string[] {
  const [policy, key] = [args.one('policy'), args.one('ledger-key')];
  return [
    ...(policy === undefined || isPolicyDigest(policy) ? [] : [policy]),
    ...(key === undefined || isVerifierKey(key) ? [] : [key]),
    ...[...FILE_OPTIONS, ...Object.keys(ROOT_OPTIONS)].flatMap((name) => args.many(name)),
  ];
}
