import type { Shard } from '@leaderboard/shared/topology/shards';
import { Batcher, type BatchLimits } from './batcher.js';

/** A batcher for each shard: what goes to one never waits for another. */
export class Batchers<Item, Result> {
  readonly #limits: BatchLimits<Item>;
  readonly #run: (shard: Shard, items: Item[]) => Promise<Result[]>;
  readonly #byShard = new Map<Shard, Batcher<Item, Result>>();

  /** @param run as for a Batcher */
  constructor(limits: BatchLimits<Item>, run: (shard: Shard, items: Item[]) => Promise<Result[]>) {
    this.#limits = limits;
    this.#run = run;
  }

  of(shard: Shard): Batcher<Item, Result> {
    let batcher = this.#byShard.get(shard);
    if (!batcher) {
      batcher = new Batcher((items) => this.#run(shard, items), this.#limits);
      this.#byShard.set(shard, batcher);
    }
    return batcher;
  }
}
