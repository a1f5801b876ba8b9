/** What an agent counts: how often, and never what. */
export const COUNTERS = {
  sessions_complete: 'Sessions that were answered whole.',
  sessions_aborted: 'Sessions whose client went away, or took too long.',
  sessions_failed: 'Sessions that the server beside the agent did not answer whole.',
  sessions_refused: 'Requests that were opened and not passed on.',
  requests_refused: 'Requests that were not opened.',
  replays: 'Requests that came a second time.',
  unknown_keys: 'Requests sealed to a key that is not served.',
  shed: 'Requests that were turned away for being too many.',
  challenges: 'Challenges that were answered.',
  challenges_failed: 'Challenges that could not be answered.',
  keys: 'Keysets that were made.',
  admissions: 'Times that the gateway let this machine in.',
  gateway_failures: 'Times that the gateway could not be asked, or said no.',
  usage_lost: 'Usage statements that could not be handed in.',
  host_key_signatures: 'Times that an SSH host key signed for sshd.',
  host_key_refusals: 'Times that it was asked for what no host key signs.',
  certificates_failed: 'Times that no certificate of TLS could be made.',
  certified: 'Certificates of the gateway’s authorities that were taken.',
  not_certified: 'Times that there was none, or that it was refused or could not be installed.',
  tls_connections: 'TLS connections that were begun.',
  tls_refused: 'TLS connections that came to nothing.',
} as const;

export type CounterName = keyof typeof COUNTERS;

/** Counters and two gauges, in the text format of Prometheus. */
export class Metrics {
  readonly #counts = new Map<CounterName, number>();
  /** Sessions under way. */
  running = 0;
  /** Bytes of requests that are held. */
  held = 0;

  count(name: CounterName): void {
    this.#counts.set(name, this.of(name) + 1);
  }

  of(name: CounterName): number {
    return this.#counts.get(name) ?? 0;
  }

  text(): string {
    const counters = Object.entries(COUNTERS).map(([name, help]) =>
      lines(`postern_agent_${name}_total`, 'counter', help, this.of(name as CounterName)),
    );
    return [
      ...counters,
      lines('postern_agent_sessions', 'gauge', 'Sessions under way.', this.running),
      lines('postern_agent_held_bytes', 'gauge', 'Bytes of requests that are held.', this.held),
    ].join('');
  }
}

function lines(name: string, type: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
}
