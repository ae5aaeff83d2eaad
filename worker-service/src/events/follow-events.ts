import { RedisRefused } from '@leaderboard/shared/topology/redis';
import { Backoff } from '../backoff.js';
import type { EventGroup, StreamEntry } from './event-group.js';

export interface FollowOptions {
  readonly group: EventGroup;
  /** Where a new group begins. */
  readonly begin: 'first' | 'next';
  /** False when it could not be shown and nothing more can be. */
  readonly show: (entries: readonly StreamEntry[]) => Promise<boolean>;
  /** What the user should know besides the events. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

const lookForAbandonedMs = 30_000;

/**
 * Shows a shard's events and acks what was shown, until the signal:
 *
 *   open the group → what this consumer had not acked → what others left behind → new ones, and wait for more
 *
 * Whatever goes wrong, it begins again at the first step: so nothing is skipped, and only what was shown without its
 * ack having reached Redis is known by its id and not shown twice.
 */
export async function followEvents({ group, begin, show, say, signal }: FollowOptions): Promise<void> {
  const shown = new Set<string>();
  const backoff = new Backoff();
  let trouble = false;
  let opened = false;

  const take = async (entries: readonly StreamEntry[]): Promise<boolean> => {
    const fresh = entries.filter(({ id }) => !shown.has(id));
    if (fresh.length > 0 && !(await show(fresh))) return false;
    for (const { id } of fresh) shown.add(id);
    await group.ack(entries);
    shown.clear();
    return true;
  };

  const begun = async (): Promise<boolean> => {
    // A group is lost together with its stream: nothing of the new one has been shown.
    const made = await group.open(opened ? 'first' : begin);
    if (trouble) say('connected again');
    if (made && opened) say('the stream or its group was gone: made again, from its first event on');
    opened = true;
    trouble = false;
    backoff.reset();
    for (let after = '0'; !signal.aborted; ) {
      const entries = await group.unacked(after);
      const last = entries.at(-1);
      if (!last) break;
      if (!(await take(entries))) return false;
      after = last.id;
    }
    return take(await group.takeAbandoned());
  };

  const goneOn = async (): Promise<boolean> => {
    for (const until = Date.now() + lookForAbandonedMs; Date.now() < until && !signal.aborted; ) {
      const { missing, entries } = await group.read();
      if (missing !== 0)
        say(`${missing ?? 'an unknown number of'} events were trimmed before they could be read`);
      if (entries.length === 0) await group.wait();
      else if (!(await take(entries))) return false;
    }
    return true;
  };

  while (!signal.aborted) {
    try {
      if (!(await begun()) || !(await goneOn())) return;
    } catch (error) {
      if (error instanceof RedisRefused && error.code === 'NOGROUP') continue;
      if (!trouble) say(`${(error as Error).message}: trying again`);
      trouble = true;
      await backoff.wait(signal);
    }
  }
}
