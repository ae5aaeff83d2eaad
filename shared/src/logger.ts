import { hostname } from 'node:os';
import { destination, type Logger, pino } from 'pino';

export type { Logger };

export interface LoggerOptions {
  /** `api-gateway`, `leaderboard-service`, … */
  service: string;
  /** Which of several; the host name and process id when empty. */
  instance: string;
  level: string;
}

/**
 * Never written, should anybody log an object that has them. Plain paths, because wildcards cost a twelfth of a
 * gateway's time.
 */
const secretPaths = ['password', 'password_hash', 'token', 'secret', 'authorization'].flatMap((name) => [
  name,
  `body.${name}`,
  `headers.${name}`,
  `err.${name}`,
]);

/** What a process that is killed may still hold of its last second. */
const blockBytes = 15 * 1024;

/**
 * JSON lines on stdout. Lines are gathered and written in blocks (at the latest after a second, and at
 * exit), because a write per request would be among the dearest steps of a request.
 */
export function createLogger({ service, instance, level }: LoggerOptions): Logger {
  const sink = destination({ dest: 1, sync: false, minLength: blockBytes, periodicFlush: 1000 });
  return pino(
    {
      level,
      base: { service, instance: instanceName(instance) },
      timestamp: isoTime(),
      redact: { paths: secretPaths, censor: '[redacted]' },
    },
    sink,
  );
}

/** A name that no other live process has, for leases and logs. */
export function instanceName(configured: string): string {
  return configured === '' ? `${hostname()}-${process.pid}` : configured;
}

/**
 * The time of a line as pino wants it. Lines of the same millisecond share its text: pino's own makes it for each, which was a
 * fortieth of a gateway's profile.
 */
function isoTime(): () => string {
  let ms = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== ms) {
      ms = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}
