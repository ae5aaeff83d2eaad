import { mastersOf, moveSlot } from '@leaderboard/local/disposable-cluster';
import { slotOf } from '@leaderboard/shared/topology/slots';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../testing/until.js';
import type { Fault } from './fault.js';
import { type ClusterRig, startClusterRig } from './rig.js';
import { type RoundResult, runRound } from './round.js';

/** What a Redis Cluster goes through while it serves, under load. */

let rig: ClusterRig;
beforeAll(async () => {
  rig = await startClusterRig(process.env.PATH);
});
afterAll(() => rig?.close());

const slotMoves: Fault<ClusterRig> = {
  name: 'a slot moves to another master',
  mayLose: 'nothing',
  async inject({ rig: { cluster }, workload }) {
    const slot = slotOf('{ASIA/0}');
    const masters = await mastersOf(cluster.nodes);
    const target = masters.find(({ slots }) => !slots.some(([from, to]) => slot >= from && slot <= to));
    await moveSlot(cluster, slot, target?.port ?? 0);
    const moved = workload.writes.length;
    await until('the moved shard takes writes', () =>
      workload.writes
        .slice(moved)
        .some(({ outcome, player }) => outcome === 'acknowledged' && player.region === 'ASIA'),
    );
  },
};

let downMs = 0;
const masterDies: Fault<ClusterRig> = {
  name: 'a master is killed and its replica promoted',
  mayLose: 'counted',
  async inject({ rig: { cluster }, workload }) {
    const slot = slotOf('{GLOBAL/0}');
    const masters = await mastersOf(cluster.nodes);
    const owner = masters.find(({ slots }) => slots.some(([from, to]) => slot >= from && slot <= to));
    const node = cluster.nodes.find(({ port }) => port === owner?.port);
    if (!node) throw new Error('nobody owns the slot');
    const killedAtMs = performance.now();
    // Its supervisor does not start it again: the replica is to take over.
    node.process.kill('SIGKILL');
    await node.process.stop();
    const promoted = async () =>
      (await mastersOf(cluster.nodes)).find(
        ({ slots, port }) => port !== node.port && slots.some(([from, to]) => slot >= from && slot <= to),
      );
    await until('the replica is promoted', async () => (await promoted()) !== undefined, { everyMs: 50 });
    const isBack = () =>
      workload.writes.some(
        ({ outcome, player, sentAtMs }) =>
          outcome === 'acknowledged' && player.region === 'GLOBAL' && sentAtMs > killedAtMs + 500,
      );
    await until('its shards take writes again', isBack, { everyMs: 20 });
    downMs = performance.now() - killedAtMs;
  },
};

it.each([slotMoves, masterDies])('survives: $name', { timeout: 120_000 }, async (fault) => {
  const seed = Date.now() % 1_000_000;
  const result: RoundResult = await runRound(rig, fault, seed, `c${fault.mayLose}${seed}`);
  const { acknowledged, refused, unknown, lost } = result;
  process.stdout.write(
    `${fault.name}: ${JSON.stringify({ acknowledged, refused, unknown, lost, downMs: Math.round(downMs) })}\n`,
  );
  expect(result.failures, `seed ${seed}`).toEqual([]);
});
