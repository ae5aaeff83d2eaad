import type { Registry } from '@leaderboard/shared/http/metrics';
import { Counter, Gauge } from 'prom-client';

export type ConnectionKind = 'sse' | 'ws';
export type DropReason = 'slow' | 'silent' | 'malformed' | 'too_large' | 'token_ended';

/** What `/metrics` says about live boards. */
export class LiveMetrics {
  readonly #registry: Registry;
  readonly #frames: Record<ConnectionKind, Counter.Internal>;
  readonly #dropped: Counter<'reason'>;
  readonly #requests: Counter<'call'>;

  constructor(registry: Registry) {
    this.#registry = registry;
    const registers = [registry];
    const frames = new Counter({
      name: 'live_frames_total',
      help: 'Frames sent to watchers',
      labelNames: ['kind'] as const,
      registers,
    });
    for (const kind of ['sse', 'ws']) frames.inc({ kind }, 0);
    this.#frames = { sse: frames.labels('sse'), ws: frames.labels('ws') };
    this.#dropped = new Counter({
      name: 'live_dropped_total',
      help: 'Live connections that were cut, by why',
      labelNames: ['reason'] as const,
      registers,
    });
    this.#requests = new Counter({
      name: 'live_upstream_requests_total',
      help: 'Reads of watched boards, by call',
      labelNames: ['call'] as const,
      registers,
    });
  }

  /** Reads the figures when they are asked for. */
  watch(connections: () => Record<ConnectionKind, number>, boards: () => number): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'live_connections',
      help: 'Open streams and sockets',
      labelNames: ['kind'] as const,
      registers,
      collect() {
        for (const [kind, count] of Object.entries(connections())) this.set({ kind }, count);
      },
    });
    new Gauge({
      name: 'live_boards',
      help: 'Boards that are watched',
      registers,
      collect() {
        this.set(boards());
      },
    });
  }

  sent(kind: ConnectionKind): void {
    this.#frames[kind].inc();
  }

  dropped(reason: DropReason): void {
    this.#dropped.inc({ reason });
  }

  asked(call: 'top' | 'ranks' | 'around'): void {
    this.#requests.inc({ call });
  }
}
