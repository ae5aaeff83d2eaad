import type { TopAnswer } from '@leaderboard/shared/contracts/rankings';
import { ApiProblem, callApi, pathWith } from '../api.js';
import type { ViewState } from './view-state.js';

/** What a followed player is told about itself. */
export interface SelfEvent {
  user_id: string;
  /** null: not on this board. */
  rank: number | null;
}

/** Who has just overtaken the followed player. */
export interface PassedEvent {
  user_id: string;
  rank: number;
  previous_rank: number;
  by: { user_id: string; name: string; rank: number }[];
}

/** `stale`: connected, but the gateway has no fresh board at the moment. */
export type StreamStatus = 'connecting' | 'live' | 'stale' | 'reconnecting' | 'refused';

export interface StreamHandlers {
  onStatus(status: StreamStatus, detail?: string): void;
  onSnapshot(snapshot: TopAnswer): void;
  onSelf(self: SelfEvent): void;
  onPassed(passed: PassedEvent): void;
}

const firstPauseMs = 500;
const longestPauseMs = 8_000;

/**
 * One board's `GET /live`. A browser repeats a connection that broke by itself, but gives up when it is answered with an
 * error: then the reason is asked for, and if it can pass, a new connection is tried after growing pauses.
 */
export class BoardStream {
  readonly #handlers: StreamHandlers;
  #source: EventSource | undefined;
  #query: Record<string, string | number | undefined> = {};
  #retry: number | undefined;
  #pauseMs = firstPauseMs;
  #asking: AbortController | undefined;

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers;
    // Waking up or getting the network back is no time to wait for a pause to end.
    addEventListener('online', () => this.#nudge());
    document.addEventListener('visibilitychange', () => document.hidden || this.#nudge());
  }

  /** Leaves the board before, if there is one. */
  open({ region, game, window, ties, limit, user }: ViewState): void {
    this.#query = { region, game, window, ties, limit, user_id: user };
    this.#pauseMs = firstPauseMs;
    this.#handlers.onStatus('connecting');
    this.#connect();
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#asking?.abort();
    this.#source?.close();
    this.#source = undefined;
  }

  #connect(): void {
    this.close();
    const source = new EventSource(pathWith('/live', this.#query));
    this.#source = source;
    const on = <Data>(name: string, handle: (data: Data) => void) =>
      source.addEventListener(name, (event) =>
        handle(JSON.parse((event as MessageEvent<string>).data) as Data),
      );

    // A connection that the browser made again brings no snapshot when nothing has changed.
    let hasSnapshot = false;
    source.addEventListener('open', () => hasSnapshot && this.#handlers.onStatus('live'));
    on<TopAnswer>('snapshot', (snapshot) => {
      hasSnapshot = true;
      this.#pauseMs = firstPauseMs;
      this.#handlers.onStatus('live');
      this.#handlers.onSnapshot(snapshot);
    });
    on<SelfEvent>('self', (self) => this.#handlers.onSelf(self));
    on<PassedEvent>('passed', (passed) => this.#handlers.onPassed(passed));
    source.addEventListener('stale', () => this.#handlers.onStatus('stale'));
    source.addEventListener('error', () => {
      if (source !== this.#source) return;
      this.#handlers.onStatus('reconnecting');
      if (source.readyState === EventSource.CLOSED) void this.#askWhy();
    });
  }

  /** An EventSource does not tell what it was answered. */
  async #askWhy(): Promise<void> {
    this.close();
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const { user_id: _, ...board } = this.#query;
      await callApi(pathWith('/top', { ...board, limit: 1 }), { signal: asking.signal });
    } catch (error) {
      if (asking.signal.aborted) return;
      if (error instanceof ApiProblem && !error.isTemporary) {
        this.#handlers.onStatus('refused', error.message);
        return;
      }
    }
    // So that a thousand pages do not come back in the same moment.
    this.#retry = setTimeout(() => this.#connect(), this.#pauseMs * (0.5 + Math.random() / 2));
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  #nudge(): void {
    if (this.#retry !== undefined) this.#connect();
  }
}
