export interface BatchLimits<Item> {
  maxItems: number;
  maxInFlight: number;
  /** For how many items one counts; 1 when left out. */
  weightOf?: (item: Item) => number;
}

/**
 * Gathers the calls of one turn of the event loop and makes them one. A lone call leaves at the end of its
 * own turn, so it waits for nothing; under load the batches grow by themselves, because what arrives while
 * all slots are busy leaves together when one is free. A timer would only add its delay.
 */
export class Batcher<Item, Result> {
  readonly #run: (items: Item[]) => Promise<Result[]>;
  readonly #limits: BatchLimits<Item>;
  #waiting: Call<Item, Result>[] = [];
  #inFlight = 0;
  #scheduled = false;

  /** `run` answers one result for each item, in order; if it throws, all items of that batch fail so. */
  constructor(run: (items: Item[]) => Promise<Result[]>, limits: BatchLimits<Item>) {
    this.#run = run;
    this.#limits = limits;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#wait({ items: [item], resolve: (results) => resolve(results[0] as Result), reject });
    });
  }

  /** Items that belong together, as many as fit into a batch: one promise for all costs less than one each. */
  addAll(items: readonly Item[]): Promise<Result[]> {
    return new Promise((resolve, reject) => this.#wait({ items, resolve, reject }));
  }

  #wait(call: Call<Item, Result>): void {
    this.#waiting.push(call);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#limits.maxInFlight) {
      const calls = this.#waiting.splice(0, this.#fitting());
      this.#inFlight += 1;
      this.#run(calls.flatMap(({ items }) => items))
        .then(
          (results) => {
            let first = 0;
            for (const call of calls) {
              call.resolve(results.slice(first, first + call.items.length));
              first += call.items.length;
            }
          },
          (error: unknown) => {
            for (const call of calls) call.reject(error);
          },
        )
        .finally(() => {
          this.#inFlight -= 1;
          this.#flush();
        });
    }
  }

  /** How many of the waiting calls, at least one, fit into a batch. */
  #fitting(): number {
    const { maxItems, weightOf } = this.#limits;
    let weight = 0;
    const tooMany = this.#waiting.findIndex(({ items }) => {
      weight += weightOf ? items.reduce((sum, item) => sum + weightOf(item), 0) : items.length;
      return weight > maxItems;
    });
    return tooMany === -1 ? this.#waiting.length : Math.max(1, tooMany);
  }
}

interface Call<Item, Result> {
  readonly items: readonly Item[];
  resolve(results: Result[]): void;
  reject(error: unknown): void;
}
