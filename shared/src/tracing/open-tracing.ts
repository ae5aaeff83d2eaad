import type { Lifecycle } from '../lifecycle.js';
import { instanceName } from '../logger.js';
import type { Tracing } from './tracing.js';

/**
 * Spans of a process, if they are wanted. OpenTelemetry is loaded only then: without an endpoint it costs nothing.
 */
export async function openTracing(
  service: string,
  config: { OTEL_EXPORTER_OTLP_ENDPOINT: string; INSTANCE: string },
  lifecycle: Pick<Lifecycle, 'onClose'>,
): Promise<Tracing | undefined> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === '') return undefined;
  const { OtlpTracing } = await import('./otlp-tracing.js');
  const tracing = new OtlpTracing({ endpoint, service, instance: instanceName(config.INSTANCE) });
  lifecycle.onClose('tracing', () => tracing.close());
  return tracing;
}
