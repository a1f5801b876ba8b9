import {
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';

/**
 * One span a request, by its route's template. What a stranger says of traces is not taken over,
 * and nothing of the request but its method, route and status is in it.
 */
export function beginSpan(tracer: Tracer, method: string, route: string | undefined): Span {
  const known = route === undefined ? method : `${method} ${route}`;
  return tracer.startSpan(known, {
    kind: SpanKind.SERVER,
    root: true,
    attributes: {
      'http.request.method': method,
      ...(route !== undefined && { 'http.route': route }),
    },
  });
}

/** Spans that are begun inside are children of it. */
export function withinSpan<T>(span: Span, act: () => T): T {
  return context.with(trace.setSpan(context.active(), span), act);
}

export function endSpan(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
