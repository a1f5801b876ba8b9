/**
 * TLS connections to verified machines, for Node: pinned to keys that evidence names, whatever
 * certificates say.
 */
import type { TLSSocket } from 'node:tls';
import type { Agent } from 'undici';
import {
  type AttestedTls,
  type AttestedTlsOptions,
  type ConnectOptions,
  type OpenedConnection,
  openAttestedTls,
} from './attested-tls.ts';
import type { DispatcherOptions } from './dispatcher.ts';

export type { DispatcherOptions };
export {
  type AttestedTls,
  type AttestedTlsOptions,
  type ConnectOptions,
  type OpenedConnection,
  openAttestedTls,
};

/** One connection to a machine that is verified for it: {@link openAttestedTls} shares that among many. */
export async function connectAttested(
  options: AttestedTlsOptions & ConnectOptions,
): Promise<TLSSocket> {
  return (await openAttestedTls(options)).connect(options);
}

/** For `fetch(url, { dispatcher })`; nothing is verified before the first connection. */
export async function attestedDispatcher(
  options: AttestedTlsOptions,
  more: DispatcherOptions = {},
): Promise<Agent> {
  return (await openAttestedTls(options)).dispatcher(more);
}
