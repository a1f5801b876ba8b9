/**
 * What a change does to the machines that get in: `widens` may admit one that was not admitted,
 * `narrows` may refuse one that was, `both` may do either, `neutral` does neither.
 */
export type Effect = 'widens' | 'narrows' | 'both' | 'neutral';

/** One difference between two policies, and what comes of it. */
export interface PolicyChange {
  /** The member, e.g. `spec.evidence.cpu.tcb.accept`; a reference set by its id, not its place. */
  readonly path: string;
  readonly effect: Effect;
  readonly text: string;
}

export type Report = (path: string, effect: Effect, text: string) => void;

const OPPOSITE: Readonly<Record<Effect, Effect>> = {
  widens: 'narrows',
  narrows: 'widens',
  both: 'both',
  neutral: 'neutral',
};

/** For rules about whom to refuse: what makes such a rule wider lets fewer machines in. */
export function opposite(report: Report): Report {
  return (path, effect, text) => report(path, OPPOSITE[effect], text);
}

/** For members whose effect something else has settled. */
export function always(effect: Effect, report: Report): Report {
  return (path, own, text) => report(path, own === 'neutral' ? own : effect, text);
}
