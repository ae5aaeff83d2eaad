// A service of its own that consumes the event stream with a consumer group: it keeps which events each user has had.
//
//   REDIS_URL=redis://127.0.0.1:6379 node consume-events.mjs
//   redis-cli scard plays:ann        how often Ann has played
//
// The variables are the platform's, so it finds the streams on every layout of Redis: REGIONS and PARTITIONS say which
// there are, REDIS_URL, REDIS_URL_<REGION> and REDIS_CLUSTER where. What an event is, and what may be relied on: docs/events.md.
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, createCluster } from 'redis';

const group = 'play-counter';
// The same name after a restart: then what was not acked is found again.
const consumer = hostname();

const { REDIS_URL = 'redis://127.0.0.1:6379', REDIS_CLUSTER, REGIONS = 'GLOBAL,ASIA,EU,NA' } = process.env;
const partitions = Number(process.env.PARTITIONS ?? 1);

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (stopping = true));

await Promise.all(
  REGIONS.split(',').flatMap((region) => shardsOf(region).map((shard) => consume(region, shard))),
);

function shardsOf(region) {
  return partitions === 1 ? [region] : Array.from({ length: partitions }, (_, at) => `${region}/${at}`);
}

/** A connection for each shard, as whoever waits for events holds it up. */
function connectionTo(region) {
  if (REDIS_CLUSTER !== 'true') return createClient({ url: process.env[`REDIS_URL_${region}`] || REDIS_URL });
  const nodes = REDIS_URL.split(',');
  const { username, password, protocol } = new URL(nodes[0]);
  return createCluster({
    rootNodes: nodes.map((url) => ({ url })),
    // The other nodes are found by themselves, and know nothing of the URLs.
    defaults: {
      username: decodeURIComponent(username) || undefined,
      password: decodeURIComponent(password) || undefined,
      socket: { tls: protocol === 'rediss:' },
    },
    minimizeConnections: true,
  });
}

async function consume(region, shard) {
  const key = `events:{${shard}}`;
  const redis = connectionTo(region);
  redis.on('error', (error) => console.error(`${shard}: ${error.message}`));
  await redis.connect();

  // First what this consumer was given before it died ('0'), then what nobody of the group has been given ('>').
  let from = '';
  while (!stopping) {
    try {
      if (from === '') {
        await makeGroup(redis, key);
        from = '0';
      }
      const read = await redis.xReadGroup(group, consumer, { key, id: from }, { COUNT: 100, BLOCK: 1000 });
      const messages = read?.[0]?.messages ?? [];
      if (from === '0' && messages.length === 0) from = '>';
      for (const { id, message } of messages) {
        // An entry without fields was trimmed after it had been given to us: nothing is left to handle.
        if (message?.event !== undefined) await handle(redis, JSON.parse(message.event));
        await redis.xAck(key, group, id);
      }
    } catch (error) {
      console.error(`${shard}: ${error.message}`);
      await sleep(500);
      // Redis may have lost the stream, and the group with it.
      from = '';
    }
  }
  await redis.close();
}

async function makeGroup(redis, key) {
  await redis.xGroupCreate(key, group, '0', { MKSTREAM: true }).catch((error) => {
    if (!String(error).includes('BUSYGROUP')) throw error;
  });
}

/** Each event counts once, however often and in whatever order it comes: a set has it once. */
async function handle(redis, { user_id, event_id, version }) {
  await redis.sAdd(`plays:${user_id}`, `${event_id} ${version}`);
}
