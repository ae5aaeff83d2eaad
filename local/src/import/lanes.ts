import { partitionOf } from '@leaderboard/shared/topology/shards';
import { fitsIntoCall } from '../bulk/bulk-client.js';
import type { Start } from './line-reader.js';

/** A row on its way. */
export interface Cargo {
  readonly userId: string;
  readonly json: string;
  readonly line: number;
  /** Where its line begins: from here on it is read again if the import ends before it has arrived. */
  readonly offset: number;
  readonly text: string;
}

/** Delivers a batch; false when it was interrupted before all of it had arrived. */
export type Deliver = (batch: readonly Cargo[]) => Promise<boolean>;

/**
 * A user's rows always take the same lane, one call at a time: so they arrive in the order of the file. Lanes run side
 * by side; what has arrived for good is everything before the oldest row that is still waiting or on its way.
 */
export class Lanes {
  readonly #lanes: Lane[];

  constructor(count: number, batchSize: number, deliver: Deliver) {
    this.#lanes = Array.from({ length: count }, () => new Lane(batchSize, deliver));
  }

  /** Resolves at once while the lane has room, else when it has. */
  add(cargo: Cargo): Promise<void> | undefined {
    return this.#lanes[partitionOf(cargo.userId, this.#lanes.length)]?.add(cargo);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.finish()));
  }

  /** Where to begin again; `read` is where reading stands. */
  arrivedUpTo(read: Start): Start {
    let place = read;
    for (const { oldest } of this.#lanes) {
      if (oldest && oldest.offset < place.offset) place = { offset: oldest.offset, number: oldest.line };
    }
    return place;
  }
}

class Lane {
  #filling: Cargo[] = [];
  #bytes = 0;
  #underWay: readonly Cargo[] = [];
  #call: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly batchSize: number,
    private readonly deliver: Deliver,
  ) {}

  get oldest(): Cargo | undefined {
    return this.#underWay[0] ?? this.#filling[0];
  }

  add(cargo: Cargo): Promise<void> | undefined {
    const bytes = Buffer.byteLength(cargo.json);
    const full = this.#filling.length >= this.batchSize || !fitsIntoCall(this.#bytes, bytes);
    if (full) return this.#leave().then(() => this.#put(cargo, bytes));
    this.#put(cargo, bytes);
    return undefined;
  }

  async finish(): Promise<void> {
    if (this.#filling.length > 0) await this.#leave();
    await this.#call;
  }

  #put(cargo: Cargo, bytes: number): void {
    this.#filling.push(cargo);
    this.#bytes += bytes + 1;
  }

  /** When the call before has ended. An interrupted lane keeps what it has. */
  async #leave(): Promise<void> {
    await this.#call;
    if (this.#stopped) return;
    this.#underWay = this.#filling;
    this.#filling = [];
    this.#bytes = 0;
    const call = this.deliver(this.#underWay).then((arrived) => {
      if (arrived) this.#underWay = [];
      else this.#stopped = true;
    });
    call.catch(() => {});
    this.#call = call;
  }
}
