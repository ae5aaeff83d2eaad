import type { Shard } from '@leaderboard/shared/topology/shards';

interface Batch {
  /** Of the batch's last write; the versions of a batch have no gaps, because its script sees one time. */
  readonly lastVersion: number;
  readonly writes: number;
}

/**
 * The versions that this instance acknowledged lately, so that after a recovery it can say exactly how many
 * of them are gone. Nobody else can: a Redis that was emptied does not know what it held.
 */
export class AcknowledgedWrites {
  readonly #remembered: number;
  readonly #batches = new Map<Shard, { list: Batch[]; writes: number }>();

  /** @param remembered writes of each shard; losses beyond that are not counted */
  constructor(remembered: number) {
    this.#remembered = remembered;
  }

  record(shard: Shard, lastVersion: number, writes: number): void {
    if (writes === 0) return;
    let known = this.#batches.get(shard);
    if (!known) {
      known = { list: [], writes: 0 };
      this.#batches.set(shard, known);
    }
    known.list.push({ lastVersion, writes });
    known.writes += writes;
    if (known.writes > 2 * this.#remembered) this.#forgetOldest(known);
  }

  /** How many acknowledged writes of a shard lie above the last version that its recovery found. Counts each once. */
  takeLostAbove(shard: Shard, floor: number): number {
    const batches = this.#batches.get(shard)?.list ?? [];
    this.#batches.delete(shard);
    return batches.reduce(
      (lost, { lastVersion, writes }) => lost + Math.min(writes, Math.max(0, lastVersion - floor)),
      0,
    );
  }

  /** In one go and seldom: taking single batches from the front of a long array costs more. */
  #forgetOldest(known: { list: Batch[]; writes: number }): void {
    let kept = 0;
    let first = known.list.length;
    while (first > 0 && kept < this.#remembered) {
      first -= 1;
      kept += known.list[first]?.writes ?? 0;
    }
    known.list = known.list.slice(first);
    known.writes = kept;
  }
}
