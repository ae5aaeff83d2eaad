import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@leaderboard/shared/logger';
import { connectRedis, type RedisReply } from '@leaderboard/shared/topology/redis';
import type { SupervisedProcess } from './child-process.js';
import { type DisposableServer, startDisposable } from './disposable-server.js';
import { findProgram, redisProgram } from './packages.js';
import { redisServer, redisUrl, whyRedisNotReady } from './redis-server.js';

/** A Redis Cluster of three masters with a replica each, on loopback, for one test file. */

export interface ClusterNode {
  readonly url: string;
  readonly port: number;
  readonly process: SupervisedProcess;
}

export interface DisposableCluster {
  readonly urls: readonly string[];
  readonly nodes: readonly ClusterNode[];
  remove(): Promise<void>;
}

const slots = 16_384;
const masterCount = 3;
const nodeCount = 2 * masterCount;
/** The other nodes take a master for dead after this time. */
const nodeTimeoutMs = 2_000;
const readyWithinMs = 30_000;
/** The port of the cluster's own bus is 10 000 above the node's. */
const basePort = 17_400;

export async function startDisposableCluster(path: string | undefined): Promise<DisposableCluster> {
  const program = findProgram(redisProgram.names, path);
  if (program === undefined)
    throw new Error('redis-server is not installed: run npm test, which installs it');
  const servers: DisposableServer[] = [];
  const remove = async () => {
    await Promise.all(servers.map((server) => server.remove()));
  };
  try {
    while (servers.length < nodeCount) servers.push(await startNode(program));
    const ports = servers.map(({ port }) => port);
    await join(ports);
    await until('the cluster is whole', async () => (await Promise.all(ports.map(isWhole))).every(Boolean));
    const nodes = servers.map(({ port, process }) => ({ url: redisUrl(port), port, process }));
    return { urls: nodes.map(({ url }) => url), nodes, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function startNode(program: string): Promise<DisposableServer> {
  return startDisposable({
    basePort,
    spec: ({ root, redis }, port) => {
      const spec = redisServer({ program, port, directory: redis, logFile: `${root}/redis.log` });
      const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(nodeTimeoutMs)];
      return { ...spec, args: [...spec.args, ...settings] };
    },
    whyNot: whyRedisNotReady,
  });
}

/** The first three get the slots, the others a master each. */
async function join(ports: readonly number[]): Promise<void> {
  const [first = 0, ...others] = ports;
  // An epoch of its own for each, so that they need not sort that out among themselves.
  await Promise.all(ports.map((port, at) => command(port, 'CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1))));
  await Promise.all(others.map((port) => command(first, 'CLUSTER', 'MEET', '127.0.0.1', String(port))));
  await Promise.all(
    ports.slice(0, masterCount).map((port, at) => {
      const from = Math.round((slots * at) / masterCount);
      const to = Math.round((slots * (at + 1)) / masterCount) - 1;
      return command(port, 'CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
    }),
  );
  for (const [at, port] of ports.slice(masterCount).entries()) {
    const id = await command(ports[at] ?? 0, 'CLUSTER', 'MYID');
    await until('a replica knows its master', async () =>
      String(await command(port, 'CLUSTER', 'NODES')).includes(String(id)),
    );
    await command(port, 'CLUSTER', 'REPLICATE', String(id));
  }
}

/** Every slot is served, everybody is known, and the replicas follow. */
async function isWhole(port: number): Promise<boolean> {
  const info = String(await command(port, 'CLUSTER', 'INFO'));
  const replication = String(await command(port, 'INFO', 'replication'));
  const follows = /role:master[\s\S]*connected_slaves:1|role:slave[\s\S]*master_link_status:up/;
  return (
    info.includes('cluster_state:ok') &&
    info.includes(`cluster_known_nodes:${nodeCount}`) &&
    follows.test(replication)
  );
}

const silent = createLogger({ service: 'test', instance: '', level: 'silent' });

/** Moves a slot to another master as `redis-cli --cluster reshard` does, key by key. */
export async function moveSlot({ nodes }: DisposableCluster, slot: number, toPort: number): Promise<void> {
  const masters = await mastersOf(nodes);
  const from = masters.find(({ slots: owned }) => owned.some(([a, b]) => slot >= a && slot <= b));
  const to = masters.find(({ port }) => port === toPort);
  if (!from || !to) throw new Error(`slot ${slot} cannot be moved to ${toPort}`);
  const at = String(slot);
  await command(to.port, 'CLUSTER', 'SETSLOT', at, 'IMPORTING', from.id);
  await command(from.port, 'CLUSTER', 'SETSLOT', at, 'MIGRATING', to.id);
  for (;;) {
    const keys = (await command(from.port, 'CLUSTER', 'GETKEYSINSLOT', at, '100')) as string[];
    if (keys.length === 0) break;
    await command(from.port, 'MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys);
  }
  await command(to.port, 'CLUSTER', 'SETSLOT', at, 'NODE', to.id);
  for (const { port } of masters)
    if (port !== to.port) await command(port, 'CLUSTER', 'SETSLOT', at, 'NODE', to.id);
}

export interface ClusterMaster {
  readonly id: string;
  readonly port: number;
  /** From and to, both included. */
  readonly slots: readonly (readonly [number, number])[];
}

/** The masters that are up, as the first node that answers knows them. */
export async function mastersOf(nodes: readonly ClusterNode[]): Promise<ClusterMaster[]> {
  const up = nodes.find(({ process }) => process.running);
  const lines = String(await command(up?.port ?? 0, 'CLUSTER', 'NODES'))
    .trim()
    .split('\n');
  return lines
    .map((line) => line.split(' '))
    .filter(([, , flags = '']) => flags.includes('master') && !flags.includes('fail'))
    .map(([id = '', address = '', , , , , , , ...owned]) => ({
      id,
      port: Number(/:(\d+)/.exec(address)?.[1]),
      slots: owned
        .filter((range) => !range.startsWith('['))
        .map((range) => {
          const [a = 0, b = a] = range.split('-').map(Number);
          return [a, b] as const;
        }),
    }));
}

/** One command to one node, on a connection of its own. */
export async function command(port: number, ...args: string[]): Promise<RedisReply> {
  const connection = await connectRedis({ variable: 'REDIS_URL', url: redisUrl(port) }, 'test', silent);
  try {
    return await connection.send(args);
  } finally {
    await connection.close();
  }
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`not within ${readyWithinMs} ms: ${what}`);
    await sleep(50);
  }
}
