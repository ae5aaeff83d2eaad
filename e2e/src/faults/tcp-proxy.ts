import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Mode = 'pass' | 'blackhole' | 'refuse';

/** Stands between two processes and misbehaves on demand. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<{ client: Socket; upstream: Socket }>();
  #target: { host: string; port: number };
  #mode: Mode = 'pass';
  #latencyMs = 0;
  #inspect: ((fromClient: Buffer) => boolean) | undefined;

  private constructor(server: Server, target: { host: string; port: number }) {
    this.#server = server;
    this.#target = target;
  }

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    server.on('connection', (client) => proxy.#accept(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Traffic goes on as it should, on old connections and new ones. */
  heal(): void {
    this.#mode = 'pass';
    this.#latencyMs = 0;
    for (const { client, upstream } of this.#pairs) {
      client.resume();
      upstream.resume();
    }
  }

  /** Nothing arrives any more, and nobody is told. */
  blackhole(): void {
    this.#mode = 'blackhole';
    for (const { client, upstream } of this.#pairs) {
      client.pause();
      upstream.pause();
    }
  }

  /** Open connections are reset; new ones are refused until `heal`. */
  reset(): void {
    this.#mode = 'refuse';
    this.cut();
  }

  /** Open connections are reset, new ones work. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  }

  delay(latencyMs: number): void {
    this.#latencyMs = latencyMs;
  }

  /** New connections go elsewhere; old ones are cut. */
  retarget(target: { host: string; port: number }): void {
    this.#target = target;
    this.cut();
  }

  /** Resets a connection after a chunk from the client for which `match` holds has been passed on. Once. */
  cutAfter(match: (fromClient: Buffer) => boolean): void {
    this.#inspect = match;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    client.on('error', () => {});
    if (this.#mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(this.#target);
    upstream.on('error', () => client.destroy());
    const pair = { client, upstream };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    client.on('close', end);
    upstream.on('close', end);
    const toUpstream = this.#delayed(upstream);
    client.on('data', (chunk) => {
      toUpstream(chunk);
      if (this.#inspect?.(chunk)) {
        this.#inspect = undefined;
        // The chunk is on its way; its answer must not come back.
        client.pause();
        upstream.removeAllListeners('data');
        setTimeout(end, 200);
      }
    });
    upstream.on('data', this.#delayed(client));
    if (this.#mode === 'blackhole') {
      client.pause();
      upstream.pause();
    }
  }

  /** Writes chunks after the latency of the moment and always in the order in which they came. */
  #delayed(to: Socket): (chunk: Buffer) => void {
    const waiting: { chunk: Buffer; dueMs: number }[] = [];
    const flush = () => {
      for (let next = waiting[0]; next; next = waiting[0]) {
        const waitMs = next.dueMs - performance.now();
        if (waitMs > 0) {
          setTimeout(flush, waitMs);
          return;
        }
        waiting.shift();
        to.write(next.chunk);
      }
    };
    return (chunk) => {
      waiting.push({ chunk, dueMs: performance.now() + this.#latencyMs });
      if (waiting.length === 1) flush();
    };
  }
}
