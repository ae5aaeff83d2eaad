import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { BulkClient, type Outcome } from '../bulk/bulk-client.js';
import { isPassing, judgeCall, waitMs } from '../bulk/retry-policy.js';
import type { Target } from '../bulk/target.js';
import type { Ledger } from './ledger.js';
import { type Plays, randomOf } from './plays.js';

export interface LoadSettings {
  /** Events in a call; 0 = single calls of POST /score. */
  readonly bulk: number;
  readonly calls: number;
  /** Either may be infinite. */
  readonly events: number;
  readonly seconds: number;
  /** Events a second; infinite = as fast as it goes. */
  readonly rate: number;
  /** Share of events that are sent a second time, 0–1. */
  readonly duplicates: number;
}

/** What can be shown while it runs. */
export class LoadFigures {
  readonly latencyUs: RecordableHistogram = createHistogram();
  /** Events that had to wait, by reason: back-pressure. */
  readonly held = new Map<string, number>();
  replayed = 0;
  startedAt = performance.now();
  endedAt = 0;

  get seconds(): number {
    return ((this.endedAt || performance.now()) - this.startedAt) / 1000;
  }

  answered(tookMs: number): void {
    this.latencyUs.record(Math.max(1, Math.round(tookMs * 1000)));
  }

  hold(events: number, reason: string): void {
    this.held.set(reason, (this.held.get(reason) ?? 0) + events);
  }
}

/** How far back an event is repeated: its first sending may be under way still, or long stored. */
const duplicateReach = 5_000;

/** Sends plays until there are enough, and until every one of them was answered. The signal ends it early. */
export async function runLoad(
  plays: Plays,
  ledger: Ledger,
  figures: LoadFigures,
  target: Target,
  settings: LoadSettings,
  signal: AbortSignal,
): Promise<void> {
  const client = new BulkClient(target, settings.calls, {
    answered: (_events, tookMs) => figures.answered(tookMs),
    held: (events, reason) => figures.hold(events, reason),
  });
  // What was sent must be settled even after the signal, else nobody could say whether it counts.
  const never = new AbortController().signal;
  const size = Math.max(1, settings.bulk);
  const random = randomOf(plays.settings.seed, -1);
  figures.startedAt = performance.now();
  // One time for all: an event that is sent again must be the same.
  const now = Date.now();
  const deadline = figures.startedAt + settings.seconds * 1000;

  const lane = async () => {
    while (!signal.aborted && performance.now() < deadline && ledger.sent < settings.events) {
      const due = figures.startedAt + (ledger.sent / settings.rate) * 1000;
      const numbers: number[] = [];
      while (numbers.length < size && ledger.sent < settings.events) {
        if (ledger.sent > 0 && random() < settings.duplicates)
          numbers.push(Math.max(0, ledger.sent - 1 - Math.floor(random() * duplicateReach)));
        else numbers.push(ledger.next());
      }
      const early = due - performance.now();
      if (early > 1) await sleep(early);
      const events = numbers.map((number) => plays.json(number, now));
      const outcomes =
        settings.bulk > 0
          ? await client.send(events, never)
          : [await sendOne(client, plays, numbers[0] ?? 0, figures)];
      for (const [at, number] of numbers.entries()) settle(ledger, figures, number, outcomes[at]);
    }
  };
  try {
    await Promise.all(Array.from({ length: settings.calls }, lane));
  } finally {
    figures.endedAt = performance.now();
    await client.close();
  }
}

function settle(ledger: Ledger, figures: LoadFigures, number: number, outcome: Outcome | undefined): void {
  if (!outcome?.ok) {
    ledger.refuse(number, outcome?.code ?? 'no_result');
    return;
  }
  if (outcome.replayed) figures.replayed += 1;
  ledger.accept(number);
}

/** One POST /score with the event id as its key, until it is settled. */
async function sendOne(
  client: BulkClient,
  plays: Plays,
  number: number,
  figures: LoadFigures,
): Promise<Outcome> {
  const {
    event_id,
    timestamp: _,
    ...body
  } = JSON.parse(plays.json(number, Date.now())) as Record<string, string>;
  const headers = { 'idempotency-key': event_id };
  for (let attempt = 0; ; attempt += 1) {
    const startedAt = performance.now();
    try {
      const {
        status,
        body: answer,
        retryAfter,
        replayed,
      } = await client.call('POST', '/score', JSON.stringify(body), headers);
      const verdict = judgeCall(status, answer?.code, retryAfter, attempt);
      if (verdict.kind === 'ok') {
        figures.answered(performance.now() - startedAt);
        return { ok: true, replayed };
      }
      if (verdict.kind === 'refused' && !isPassing(verdict.reason))
        return { ok: false, code: verdict.reason };
      figures.hold(1, verdict.reason);
      await sleep(verdict.kind === 'again' ? verdict.afterMs : waitMs(retryAfter, attempt));
    } catch (error) {
      figures.hold(1, (error as NodeJS.ErrnoException).code ?? 'connection');
      await sleep(waitMs(undefined, attempt));
    }
  }
}
