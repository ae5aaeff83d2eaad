// A service of its own that consumes the event stream with a consumer group: it keeps how often each user has played.
//
//   REDIS_URL=redis://127.0.0.1:6379 SHARDS=ASIA,EU,NA,GLOBAL node consume-events.mjs
//
// What an event is, and what may be relied on: docs/events.md.
import { hostname } from 'node:os';
import { createClient } from 'redis';

const group = 'play-counter';
// The same name after a restart: then what was not acked is found again.
const consumer = hostname();
const streams = (process.env.SHARDS ?? 'ASIA,EU,NA,GLOBAL').split(',').map((shard) => `events:{${shard}}`);

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (stopping = true));

const redis = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' });
redis.on('error', (error) => console.error(error.message));
await redis.connect();
await makeGroups();

// First what this consumer was given before it died ('0'), then what nobody of the group has been given ('>').
let from = '0';
while (!stopping) {
  try {
    const read = await redis.xReadGroup(
      group,
      consumer,
      streams.map((key) => ({ key, id: from })),
      { COUNT: 100, BLOCK: 1000 },
    );
    const filled = (read ?? []).filter(({ messages }) => messages.length > 0);
    if (from === '0' && filled.length === 0) from = '>';
    for (const { name, messages } of filled) {
      for (const { id, message } of messages) {
        // An entry without fields was trimmed after it had been given to us: nothing is left to handle.
        if (message?.event !== undefined) await handle(JSON.parse(message.event));
        await redis.xAck(name, group, id);
      }
    }
  } catch (error) {
    // Redis has lost the streams, and the groups with them.
    if (String(error).includes('NOGROUP')) await makeGroups();
    else await new Promise((resolve) => setTimeout(resolve, 500));
    from = '0';
  }
}
await redis.close();

async function makeGroups() {
  for (const key of streams) {
    await redis.xGroupCreate(key, group, '0', { MKSTREAM: true }).catch((error) => {
      if (!String(error).includes('BUSYGROUP')) throw error;
    });
  }
}

/** Each event counts once, however often and in whatever order it comes: SADD answers whether it is new. */
async function handle({ user_id, event_id, version }) {
  const isNew = await redis.sAdd(`plays:seen:${user_id}`, `${event_id} ${version}`);
  if (isNew === 1) await redis.hIncrBy('plays', user_id, 1);
}
