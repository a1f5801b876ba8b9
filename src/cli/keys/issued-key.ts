import { formatTime } from '../../core/encoding/time.ts';
import type { Credential } from '../../gateway/identity/credential.ts';
import type { IssuedApiKey } from '../../gateway/identity/credentials.ts';
import { listedCredential } from '../../gateway/identity/listed-credential.ts';
import { reserveSecret } from '../audit/secret-files.ts';
import { type Io, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Options } from '../verb.ts';

export const KEY_FILE: Options = {
  'key-file': {
    value: '<file>',
    help: 'write the key there, readable by you alone, instead of printing it',
  },
};

/**
 * Makes a key and tells its text, this once: alone on standard output, or in a file. The file is
 * there before the key is: a key whose text nobody has is of no use, and may have ended another.
 */
export async function issueKey(
  io: Io,
  args: Args,
  make: () => Promise<IssuedApiKey>,
): Promise<void> {
  const file = args.one('key-file');
  if (file === undefined) return tellKey(io, args, await make());
  const place = await reserveSecret(file);
  let issued: IssuedApiKey;
  try {
    issued = await make();
  } catch (error) {
    await place.drop();
    throw error;
  }
  await orTell(io, issued.text, () => place.fill(`${issued.text}\n`));
  tellKey(io, args, issued);
}

/** What was made for a file that then can't be written is told all the same: it is told this once. */
export async function orTell(io: Io, text: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    warn(io, `the key was made all the same, and is shown this once: ${text}`);
    throw error;
  }
}

function tellKey(io: Io, args: Args, { credential, text }: IssuedApiKey): void {
  const file = args.one('key-file');
  if (args.has('json')) {
    const told = credentialJson(io, credential);
    printJson(io, { ...told, ...(file === undefined ? { apiKey: text } : { apiKeyFile: file }) });
    return;
  }
  warn(io, `${credential.name}, ${credential.role}, id ${credential.id}${untilText(credential)}`);
  if (file !== undefined) return;
  warn(io, 'its key, which is shown this once:');
  io.out(`${text}\n`);
}

export function credentialJson(io: Io, credential: Credential) {
  const { createdAt, expiresAt, revokedAt, usedAt, ...told } = listedCredential(
    credential,
    io.now(),
  );
  const times = { createdAt, expiresAt, revokedAt, usedAt };
  return {
    ...told,
    ...Object.fromEntries(
      Object.entries(times).flatMap(([name, at]) =>
        at === undefined ? [] : [[name, formatTime(at)]],
      ),
    ),
  };
}

function untilText({ expiresAt }: Credential): string {
  return expiresAt === undefined ? '' : `, until ${formatTime(expiresAt)}`;
}
