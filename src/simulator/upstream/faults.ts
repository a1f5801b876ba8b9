/** How a simulated server goes wrong, asked for by the model's name: `fault:<name>`. */
export const UPSTREAM_FAULTS = {
  'dies-mid-stream': 'a stream that is cut off behind its first events',
  'dies-before': 'the connection is closed before an answer',
  hangs: 'no answer at all',
  'hangs-mid-stream': 'a stream that goes silent behind its first events',
  garbage: 'something that is no HTTP',
  'huge-header': 'a header of a megabyte',
  'short-body': 'a body that ends before its content-length',
  redirect: 'a redirect to elsewhere',
  gzip: 'an answer that is compressed though nobody asked for it',
  endless: 'an answer that does not say where it ends',
  'server-error': 'status 500 with words of its own',
  'no-usage': 'an answer without counts',
  'long-events': 'events of 40 KB each',
} as const satisfies Record<string, string>;

export type UpstreamFault = keyof typeof UPSTREAM_FAULTS;

/** @param model as a request names it. */
export function faultIn(model: string): UpstreamFault | undefined {
  const name = model.startsWith('fault:') ? model.slice(6) : '';
  return Object.hasOwn(UPSTREAM_FAULTS, name) ? (name as UpstreamFault) : undefined;
}
