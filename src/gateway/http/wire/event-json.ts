import { writeTime } from '../../../protocol/values.ts';
import type { FleetEvent } from '../../fleet/event.ts';

export function eventJson({ seq, at, type, node, data }: FleetEvent) {
  return { seq, at: writeTime(at), type, ...(node !== undefined && { node }), data };
}
