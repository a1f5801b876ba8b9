import { LiveSchema, ReadinessSchema } from '../../../protocol/health.ts';
import type { FleetService } from '../../fleet/service.ts';
import type { Metrics } from '../metrics.ts';
import { type Route, route } from '../route.ts';
import { jsonAnswer } from './answer-specs.ts';

/** For whatever watches over the process, and for Prometheus. */
export function healthRoutes(fleet: Pick<FleetService, 'readiness'>, metrics: Metrics): Route[] {
  return [
    route({
      method: 'GET',
      path: '/health/live',
      operation: 'health.read',
      summary: 'Whether the process answers at all',
      answers: { 200: jsonAnswer('It does', LiveSchema) },
      handle: async () => ({ status: 200, body: { live: true } }),
    }),
    route({
      method: 'GET',
      path: '/health/ready',
      operation: 'health.read',
      summary: 'Whether it can decide now',
      description: 'Why not is told to those who may see reasons.',
      answers: {
        200: jsonAnswer('It can', ReadinessSchema),
        503: jsonAnswer('It can not; the parts say where', ReadinessSchema),
      },
      handle: async ({ reasons }) => {
        const { ready, parts } = await fleet.readiness();
        const seen = reasons() === 'seen';
        const told = Object.entries(parts).map(([part, { ok, says }]) => [
          part,
          seen ? { ok, says } : { ok },
        ]);
        return { status: ready ? 200 : 503, body: { ready, parts: Object.fromEntries(told) } };
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      operation: 'metrics.read',
      summary: 'Numbers for Prometheus',
      answers: {
        200: { description: 'In its text format', type: metrics.contentType },
      },
      handle: async () => ({
        status: 200,
        type: metrics.contentType,
        body: await metrics.text(),
      }),
    }),
  ];
}
