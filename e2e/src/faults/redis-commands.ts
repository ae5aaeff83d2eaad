import { createClient } from 'redis';

/** One command to a Redis, past every proxy. */
export async function sendRedis(url: string, ...args: string[]): Promise<unknown> {
  const client = createClient({ url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await client.sendCommand(args);
  } finally {
    client.destroy();
  }
}
