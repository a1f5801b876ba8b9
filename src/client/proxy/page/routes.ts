import type { ServerResponse } from 'node:http';
import type { VerificationView } from '../../view.ts';
import type { DatedReceipt } from '../receipts.ts';
import { send } from '../reply.ts';
import { SCRIPT, SHELL, STYLE } from './shell.ts';
import { viewPage } from './view-page.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ASSETS: ReadonlyMap<string, readonly [type: string, text: string]> = new Map([
  ['/', ['text/html', SHELL]],
  ['/page.js', ['text/javascript', SCRIPT]],
  ['/page.css', ['text/css', STYLE]],
]);

/** @returns false for a path that is none of the page's own. */
export function sendAsset(response: ServerResponse, path: string): boolean {
  const asset = ASSETS.get(path);
  if (asset === undefined) return false;
  const [type, text] = asset;
  send(response, 200, text, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': POLICY,
  });
  return true;
}

export function sendView(
  response: ServerResponse,
  view: VerificationView,
  receipts: readonly DatedReceipt[],
): void {
  send(response, 200, viewPage(view, receipts), { 'content-type': 'text/html; charset=utf-8' });
}
