import type { Logger } from '../logger.js';
import { withinMs } from '../within-ms.js';
import { ClusterNodes, type NodeAddress } from './cluster-nodes.js';
import {
  type RedisConnection,
  RedisRefused,
  type RedisReply,
  RedisUnavailable,
  unreachable,
} from './redis.js';
import type { RedisAddress } from './settings.js';
import type { Shard } from './shards.js';
import { slotOf } from './slots.js';

/**
 * A Redis Cluster: every command of a shard goes to the master that owns the shard's slot. Who owns which slot is asked of
 * the nodes every second, and learned from their redirections in between.
 *
 * Not node-redis' own cluster client: it lets commands wait until a node can be reached, after which a write would be
 * applied whose caller has been told otherwise; it sends SCRIPT LOAD to every node; and it does not look for another master
 * while the old one answers CLUSTERDOWN.
 */

const askEveryMs = 1_000;
/** A frozen node must not hold up what the others know. */
const answerTimeoutMs = 1_000;
const firstAnswerTimeoutMs = 10_000;
const maxRedirections = 5;

interface Ownership {
  readonly from: number;
  readonly to: number;
  readonly master: NodeAddress;
}

interface View {
  /** Grows with every failover. */
  readonly epoch: number;
  /** Whether this node sees the majority. */
  readonly isWhole: boolean;
  readonly owners: readonly Ownership[];
}

export class RedisCluster {
  readonly #nodes: ClusterNodes;
  readonly #dedicated: ClusterNodes[] = [];
  readonly #seeds: readonly RedisAddress[];
  readonly #logger: Logger;
  #owners: readonly Ownership[] = [];
  /** What redirections said since. */
  #moved = new Map<number, NodeAddress>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(seeds: readonly RedisAddress[], name: string, logger: Logger) {
    this.#seeds = seeds;
    this.#logger = logger;
    this.#nodes = this.#newNodes(name);
  }

  /** @throws {ConfigError} when no seed tells who owns what. */
  static async connect(seeds: readonly RedisAddress[], name: string, logger: Logger): Promise<RedisCluster> {
    const cluster = new RedisCluster(seeds, name, logger);
    try {
      await cluster.#learnFirst();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    cluster.#timer = setInterval(() => void cluster.#learn(), askEveryMs);
    return cluster;
  }

  /** Connections to all masters, shared with everybody else in this process. */
  of(shard: Shard): RedisConnection {
    return this.#connection(shard, this.#nodes);
  }

  /** Connections that nobody else uses. */
  async dedicated(shard: Shard, name: string): Promise<RedisConnection> {
    const nodes = this.#newNodes(name);
    this.#dedicated.push(nodes);
    const owner = this.#ownerOf(slotOf(`{${shard.tag}}`));
    if (owner) await withinMs(answerTimeoutMs, nodes.connected(owner)).catch(() => {});
    return this.#connection(shard, nodes);
  }

  /** Each node that this process talks to. */
  all(): RedisConnection[] {
    return this.#nodes.all();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.allSettled([this.#nodes, ...this.#dedicated].map((nodes) => nodes.close()));
  }

  #connection(shard: Shard, nodes: ClusterNodes): RedisConnection {
    const slot = slotOf(`{${shard.tag}}`);
    const ownerOf = () => this.#ownerOf(slot);
    return {
      get ready() {
        const owner = ownerOf();
        return owner !== undefined && nodes.of(owner).ready;
      },
      send: (args) => this.#send(slot, nodes, args),
      close: () => (nodes === this.#nodes ? Promise.resolve() : nodes.close()),
    };
  }

  /** Follows redirections: a node that answers so has not run the command. */
  async #send(slot: number, nodes: ClusterNodes, args: readonly string[]): Promise<RedisReply> {
    let address = this.#ownerOf(slot);
    let asking = false;
    for (let redirections = 0; ; redirections += 1) {
      if (address === undefined) throw new RedisUnavailable(`no node of the cluster owns slot ${slot}`);
      const node = nodes.of(address);
      try {
        // Both leave in this turn, so that nothing comes between them.
        if (asking) node.send(['ASKING']).catch(() => {});
        return await node.send(args);
      } catch (error) {
        const redirection =
          error instanceof RedisRefused && /^(MOVED|ASK) \d+ (\S*):(\d+)/.exec(error.message);
        if (!redirection || redirections === maxRedirections) throw error;
        const [, kind, host, port] = redirection;
        // A node that does not know its own name means the host that was asked.
        address = `${host || hostOf(address)}:${port}`;
        asking = kind === 'ASK';
        if (!asking) this.#moved.set(slot, address);
      }
    }
  }

  #ownerOf(slot: number): NodeAddress | undefined {
    return this.#moved.get(slot) ?? this.#owners.find(({ from, to }) => slot >= from && slot <= to)?.master;
  }

  async #learnFirst(): Promise<void> {
    const seeds = this.#seeds.map(({ url }) => addressOf(url));
    const reached = seeds.map((seed) => withinMs(firstAnswerTimeoutMs, this.#nodes.connected(seed)));
    await Promise.any(reached).catch(({ errors: [reason] }: AggregateError) => {
      throw unreachable(this.#seeds[0] as RedisAddress, reason);
    });
    await this.#learn();
    if (this.#owners.length === 0) {
      throw unreachable(this.#seeds[0] as RedisAddress, new Error('no node knows of a cluster with slots'));
    }
    const masters = new Set(this.#owners.map(({ master }) => master));
    await Promise.allSettled(
      [...masters].map((master) => withinMs(firstAnswerTimeoutMs, this.#nodes.connected(master))),
    );
  }

  /** Believes the node that has seen the latest failover, of those that see the majority. */
  async #learn(): Promise<void> {
    const known = this.#owners.map(({ master }) => master);
    const asked = new Set([...known, ...this.#seeds.map(({ url }) => addressOf(url))]);
    const views = await Promise.all([...asked].map((address) => this.#viewOf(address)));
    const answered = views.filter((view) => view !== undefined && view.owners.length > 0) as View[];
    const whole = answered.filter(({ isWhole }) => isWhole);
    const isFirst = this.#owners.length === 0;
    const [best] = (isFirst && whole.length === 0 ? answered : whole).sort((a, b) => b.epoch - a.epoch);
    if (!best) return;
    this.#owners = best.owners;
    this.#moved = new Map();
    const masters = new Set(best.owners.map(({ master }) => master));
    for (const master of masters) this.#nodes.of(master);
    const wanted = new Set([...masters, ...this.#seeds.map(({ url }) => addressOf(url))]);
    await Promise.all([
      this.#nodes.keepOnly(wanted),
      ...this.#dedicated.map((each) => each.keepOnly(masters)),
    ]);
  }

  async #viewOf(address: NodeAddress): Promise<View | undefined> {
    const node = this.#nodes.of(address);
    try {
      const [info, slots] = await withinMs(
        answerTimeoutMs,
        Promise.all([node.send(['CLUSTER', 'INFO']), node.send(['CLUSTER', 'SLOTS'])]),
      );
      return {
        epoch: Number(/^cluster_current_epoch:(\d+)/m.exec(String(info))?.[1]),
        isWhole: /^cluster_state:ok/m.test(String(info)),
        owners: parseSlots(slots, hostOf(address)),
      };
    } catch (error) {
      this.#logger.debug({ err: (error as Error).message, redis: address }, 'cluster node not asked');
      return undefined;
    }
  }

  #newNodes(name: string): ClusterNodes {
    return new ClusterNodes(this.#seeds[0]?.url ?? '', name, this.#logger);
  }
}

/** `CLUSTER SLOTS`: from, to, [host, port, …] of the master, then of its replicas; no host means the one that was asked. */
function parseSlots(reply: RedisReply, asked: string): Ownership[] {
  return (reply as [number, number, [string | null, number]][]).map(([from, to, [host, port]]) => ({
    from,
    to,
    master: `${bracketed(host || asked)}:${port}`,
  }));
}

const bracketed = (host: string) => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);

function addressOf(url: string): NodeAddress {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 6379}`;
}

function hostOf(address: NodeAddress): string {
  return address.slice(0, address.lastIndexOf(':'));
}
