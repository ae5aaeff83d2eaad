import { Counter, Gauge, type Registry } from 'prom-client';

/** What is told of webhooks at `/metrics`. */
export class WebhookMetrics {
  readonly #attempts: Counter<'outcome'>;
  readonly #dead: Counter;

  /** @param readPending asked when it is scraped; left out while it cannot be answered */
  constructor(registry: Registry, readPending: () => Promise<number>) {
    const registers = [registry];
    this.#attempts = new Counter({
      name: 'worker_webhook_attempts_total',
      help: 'Attempts to deliver to a webhook, by outcome: delivered, failed',
      labelNames: ['outcome'] as const,
      registers,
    });
    this.#dead = new Counter({
      name: 'worker_webhook_dead_total',
      help: 'Deliveries given up after the last attempt',
      registers,
    });
    new Gauge({
      name: 'worker_webhook_pending',
      help: 'Deliveries that wait, of all webhooks and workers',
      registers,
      async collect() {
        await readPending().then(
          (pending) => this.set(pending),
          () => this.remove(),
        );
      },
    });
    for (const outcome of ['delivered', 'failed']) this.#attempts.inc({ outcome }, 0);
  }

  delivered(): void {
    this.#attempts.inc({ outcome: 'delivered' });
  }

  failed(): void {
    this.#attempts.inc({ outcome: 'failed' });
  }

  dead(): void {
    this.#dead.inc();
  }
}
