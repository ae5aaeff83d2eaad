/**
 * Gathers the calls of one turn of the event loop and makes them one. A lone call leaves at the end of its
 * own turn, so it waits for nothing; under load the batches grow by themselves, because what arrives while
 * all slots are busy leaves together when one is free. A timer would only add its delay.
 */
export class Batcher<Item, Result> {
  readonly #run: (items: Item[]) => Promise<Result[]>;
  readonly #maxItems: number;
  readonly #maxInFlight: number;
  #waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  #inFlight = 0;
  #scheduled = false;

  /** `run` answers one result for each item, in order; if it throws, all items of that batch fail so. */
  constructor(run: (items: Item[]) => Promise<Result[]>, limits: { maxItems: number; maxInFlight: number }) {
    this.#run = run;
    this.#maxItems = limits.maxItems;
    this.#maxInFlight = limits.maxInFlight;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#scheduled) {
        this.#scheduled = true;
        setImmediate(() => {
          this.#scheduled = false;
          this.#flush();
        });
      }
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#maxInFlight) {
      const batch = this.#waiting.splice(0, this.#maxItems);
      this.#inFlight += 1;
      this.#run(batch.map(({ item }) => item))
        .then(
          (results) => {
            for (const [at, call] of batch.entries()) call.resolve(results[at] as Result);
          },
          (error: unknown) => {
            for (const call of batch) call.reject(error);
          },
        )
        .finally(() => {
          this.#inFlight -= 1;
          this.#flush();
        });
    }
  }
}
