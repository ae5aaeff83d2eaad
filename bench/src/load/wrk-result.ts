export interface Latency {
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** What one run of wrk says. */
export interface WrkResult {
  /** Answers below 400. */
  accepted: number;
  acceptedPerSecond: number;
  latencyUs: Latency;
  errors: WrkErrors;
  /** Events that an accepted answer refused, of loads that send many at once. */
  refusedEvents: number;
}

export interface WrkErrors {
  connect: number;
  read: number;
  write: number;
  /** Answers from 400 on. */
  status: number;
  timeout: number;
}

/** The line that `report` of bench/wrk/common.lua prints. */
interface Report {
  requests: number;
  durationUs: number;
  errors: WrkErrors;
  latencyUs: Latency;
  refusedEvents?: number;
}

/** @throws when wrk did not get to its end. */
export function parseWrkOutput(output: string): WrkResult {
  const line = /^RESULT (\{.*\})$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk failed: ${output.trim().slice(-500) || 'it said nothing'}`);
  const { requests, durationUs, errors, latencyUs, refusedEvents = 0 } = JSON.parse(line) as Report;
  const accepted = requests - errors.status;
  return { accepted, acceptedPerSecond: (accepted * 1e6) / durationUs, latencyUs, errors, refusedEvents };
}

/** Undefined when every request was answered, and below 400. */
export function describeErrors(errors: WrkErrors): string | undefined {
  const { status, ...broken } = errors;
  const parts = Object.entries(broken).flatMap(([kind, count]) =>
    count > 0 ? [`${count} ${kind} errors`] : [],
  );
  if (status > 0) parts.unshift(`${status} answers over 399`);
  return parts.length > 0 ? parts.join(', ') : undefined;
}
