import type { Logger } from '@leaderboard/shared/logger';
import { type Address, diffAddresses } from './addresses.js';
import { type HealthStatus, UpstreamHealth } from './health.js';
import { probe } from './probe.js';
import { ProbeLoop } from './probe-loop.js';
import { type ConnectionSettings, Upstream, type UpstreamState } from './upstream.js';
import type { UpstreamMetrics } from './upstream-metrics.js';

export interface UpstreamSetOptions extends ConnectionSettings {
  probeIntervalMs: number;
  probeTimeoutMs: number;
  logger: Logger;
  metrics: UpstreamMetrics;
}

interface Member {
  upstream: Upstream;
  probes: ProbeLoop;
}

/** How often deadlines are looked at: a request may overrun its own by this much. */
const deadlineCheckMs = 50;

/**
 * Requests that are worth a message of their own while another batch is under way. With fewer, waiting for that one's answers
 * makes larger batches of all: with every upstream taking what there was, 64 clients made batches of 11 instead of 17.
 */
const worthwhileBatch = 64;

const isServing = (status: HealthStatus) => status === 'up' || status === 'trial';

/** All known instances of the service. Requests go round those that are up. */
export class UpstreamSet {
  readonly #options: UpstreamSetOptions;
  readonly #members = new Map<Address, Member>();
  /** Gone from the name service, finishing what runs. */
  readonly #leaving = new Set<Upstream>();
  readonly #deadlines: NodeJS.Timeout;
  #order: Upstream[] = [];
  #next = 0;
  #everUp = false;

  constructor(options: UpstreamSetOptions) {
    this.#options = options;
    this.#deadlines = setInterval(() => this.#endLate(), deadlineCheckMs).unref();
  }

  /** Adopts new addresses and lets go of those that are gone; resolves when the new ones were probed once. */
  async setAddresses(addresses: readonly Address[]): Promise<void> {
    const { added, gone } = diffAddresses(this.#members.keys(), addresses);
    for (const address of gone) this.#remove(address);
    const firstProbes = added.map((address) => this.#add(address));
    this.#order = [...this.#members.values()].map(({ upstream }) => upstream);
    await Promise.all(firstProbes);
  }

  /** The next upstream in turn that takes requests and was not tried yet; a tried one only if there is no other. */
  pick(tried: readonly Upstream[] = []): Upstream | undefined {
    return (
      this.#nextWhere((upstream) => upstream.health.available && !tried.includes(upstream)) ??
      this.#nextWhere((upstream) => upstream.health.status === 'trial' && !tried.includes(upstream)) ??
      this.#nextWhere((upstream) => upstream.health.available) ??
      this.#nextWhere((upstream) => upstream.health.leaving && !tried.includes(upstream))
    );
  }

  /**
   * The next in turn that takes a batch of this many requests now. `busy`: all who take requests have enough under way, or the
   * batch would grow by waiting for one of them.
   */
  pickForBatch(requests: number): Upstream | 'busy' | 'none' {
    const now = performance.now();
    if (requests < worthwhileBatch && this.#order.some((upstream) => upstream.isAwaited(now))) return 'busy';
    const upstream = this.#nextWhere(({ health, hasRoom }) => health.available && hasRoom);
    if (upstream) return upstream;
    return this.#order.some(({ health }) => health.available) ? 'busy' : 'none';
  }

  get anyUp(): boolean {
    return this.#order.some(({ health }) => isServing(health.status));
  }

  /** Whether one was up at some time since the start. */
  get everUp(): boolean {
    return this.#everUp;
  }

  states(): UpstreamState[] {
    return this.#order.map((upstream) => upstream.state());
  }

  /** Waits for running requests; their deadlines bound that. */
  async close(): Promise<void> {
    for (const address of [...this.#members.keys()]) this.#remove(address);
    this.#order = [];
    await Promise.all([...this.#leaving].map((upstream) => upstream.close()));
    clearInterval(this.#deadlines);
  }

  #nextWhere(suits: (upstream: Upstream) => boolean): Upstream | undefined {
    const count = this.#order.length;
    for (let step = 0; step < count; step++) {
      const index = (this.#next + step) % count;
      const upstream = this.#order[index];
      if (upstream && suits(upstream)) {
        this.#next = index + 1;
        return upstream;
      }
    }
    return undefined;
  }

  #add(address: Address): Promise<void> {
    const { probeTimeoutMs, probeIntervalMs } = this.#options;
    const health = new UpstreamHealth({
      now: () => performance.now(),
      mayEject: () => this.#mayEject(),
      onChange: (status, previous, reason) => this.#changed(address, status, previous, reason),
    });
    const probes = new ProbeLoop(
      () => probe(address, probeTimeoutMs),
      probeIntervalMs,
      (result) => health.probed(result),
    );
    const upstream = new Upstream(address, health, this.#options, () => probes.probeSoon());
    this.#members.set(address, { upstream, probes });
    return probes.start();
  }

  #remove(address: Address): void {
    const member = this.#members.get(address);
    if (!member) return;
    this.#members.delete(address);
    member.probes.stop();
    this.#leaving.add(member.upstream);
    void member.upstream.close().then(() => this.#leaving.delete(member.upstream));
    this.#options.metrics.forget(address);
    this.#options.logger.info({ upstream: address }, 'upstream left');
  }

  /** At most half of those that answer probes are out on the mere suspicion that failed requests are. */
  #mayEject(): boolean {
    const statuses = this.#order.map(({ health }) => health.status);
    const ejected = statuses.filter((status) => status === 'ejected').length;
    const suspects = statuses.filter((status) => ['up', 'trial', 'ejected'].includes(status)).length;
    return ejected + 1 <= Math.floor(suspects / 2);
  }

  #changed(address: Address, status: HealthStatus, previous: HealthStatus, reason: string): void {
    const level = isServing(status) ? 'info' : 'warn';
    this.#options.logger[level]({ upstream: address, status, previous, reason }, 'upstream changed');
    if (status === 'up') this.#everUp = true;
    if (isServing(previous) && !isServing(status)) {
      this.#options.metrics.ejected(address, status);
      this.#lookForOthers();
    }
    const upstream = this.#members.get(address)?.upstream;
    if (status === 'down') upstream?.abandon(reason);
    else if (!isServing(status) && this.anyUp) upstream?.withdraw(reason);
  }

  /** One less: whoever was out may be back by now. */
  #lookForOthers(): void {
    for (const { upstream, probes } of this.#members.values()) {
      if (!isServing(upstream.health.status)) probes.probeSoon();
    }
  }

  #endLate(): void {
    const now = performance.now();
    for (const { upstream } of this.#members.values()) upstream.endLate(now);
    for (const upstream of this.#leaving) upstream.endLate(now);
  }
}
