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
    /** How many of wrk's accepted requests are writes: all of them, or half. */
    private readonly writeShare: number,
    private readonly eventsBefore: number,
    private readonly deadBefore: number,
  ) {}

  static async open(bench: Bench, writeShare: number): Promise<WriteLedger> {
    const { queues, databases } = bench.platform;
    await queues.drained(bench.signal);
    return new WriteLedger(bench, writeShare, await databases.countEvents(), await queues.dead());
  }

  ran({ accepted }: WrkResult, connections: number): void {
    this.#acknowledged += accepted * this.writeShare;
    this.#inDoubt += connections;
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
    const slack = this.writeShare === 1 ? 0 : this.#inDoubt;
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
