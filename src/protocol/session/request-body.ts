/*
 * What both ends read of a request to a server of models, and have to read alike: receipts say it.
 */

/** How deep its JSON may be nested: schemas of tools are, deeper than any document of ours. */
export const DEEPEST_REQUEST = 256;

/** Visible characters and spaces between them: it goes into statements for whoever bills. */
export const MODEL_NAME = /^[!-~](?:[ -~]{0,254}[!-~])?$/;

/** Whether a `content-type` says JSON. */
export function isJsonType(type: string): boolean {
  return /^application\/json *(?:$|;)/i.test(type);
}
