import type { Bench } from '../bench.js';
import type { WrkResult } from '../load/wrk-result.js';
import { compareStores } from './compare-stores.js';

/** Keeps the count of what the platform acknowledged, and compares it with what is stored in the end. */
export class WriteLedger {
  #acknowledged = 0;
  /** Requests whose answers nobody waited for, as the run was over. */
  #inDoubt = 0;

  private constructor(
    private readonly bench: Bench,
    /** Writes in one of wrk's accepted requests: 1, one half of a mixed load, many of a bulk load. */
    private readonly writesPerRequest: number,
    private readonly eventsBefore: number,
    private readonly deadBefore: number,
  ) {}

  static async open(bench: Bench, writesPerRequest: number): Promise<WriteLedger> {
    const { queues, databases } = bench.platform;
    await queues.drained(bench.signal);
    return new WriteLedger(bench, writesPerRequest, await databases.countEvents(), await queues.dead());
  }

  /** @param unanswered writes that may have been under way when the load hung up */
  ran({ accepted, refusedEvents }: WrkResult, unanswered: number): void {
    this.#acknowledged += accepted * this.writesPerRequest - refusedEvents;
    this.#inDoubt += unanswered;
  }

  acknowledged(writes: number): void {
    this.#acknowledged += writes;
  }

  /** What is wrong, if anything. */
  async check(): Promise<string[]> {
    const { bench } = this;
    const { queues, databases } = bench.platform;
    await queues.drained(bench.signal);
    const stored = (await databases.countEvents()) - this.eventsBefore;
    const dead = (await queues.dead()) - this.deadBefore;
    const failures = await compareStores(bench);
    // Which of a mixed load's unanswered requests were writes is not known either.
    const slack = Number.isInteger(this.writesPerRequest) ? 0 : this.#inDoubt;
    const least = this.#acknowledged - slack;
    const most = this.#acknowledged + this.#inDoubt;
    if (stored < least || stored > most)
      failures.push(`${this.#acknowledged} writes were acknowledged, ${stored} are in Postgres`);
    if (dead > 0) failures.push(`${dead} events are dead letters`);
    bench.progress.line(
      `${Math.round(this.#acknowledged)} writes acknowledged, ${stored} in the history (${this.#inDoubt} could be in doubt)`,
    );
    return failures;
  }
}
