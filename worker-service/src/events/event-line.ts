import type { ScoreMessage } from '@leaderboard/shared/contracts/queue-message';
import type { StreamEntry } from './event-group.js';

/** An event of the stream as `npm run monitor` shows it. */
export type Format = (shard: string, entry: StreamEntry) => string;

/** One JSON object: where it stood, and the event as it is. */
export const jsonLine: Format = (shard, { id, event }) => {
  const place = `"shard":${JSON.stringify(shard)},"stream_id":"${id}"`;
  if (event === undefined) return `{${place},"trimmed":true}`;
  const fields = parse(event);
  return fields
    ? `{${place},${JSON.stringify(fields).slice(1)}`
    : `{${place},"unreadable":${JSON.stringify(event)}}`;
};

export const readableLine: Format = (shard, { id, event }) => {
  if (event === undefined) return `${timeOf(id)}  ${shard}  ${id} was trimmed before it was shown`;
  const fields = parse(event);
  if (!fields) return `${timeOf(id)}  ${shard}  ${id} is no event: ${JSON.stringify(event)}`;
  const { game, user_id, region, timestamp } = fields;
  const when = typeof timestamp === 'number' ? new Date(timestamp).toISOString() : timeOf(id);
  return `${when}  ${pad(region, 8)}${pad(game, 12)}${pad(user_id, 20)}${changeOf(fields)}`;
};

/** What happened, in the words of the operation. */
function changeOf({ op, value, score, name, user_id }: Partial<ScoreMessage>): string {
  const who = name === user_id || name === undefined ? '' : `  (${name})`;
  switch (op) {
    case 'incr':
      return `${Number(value) < 0 ? '' : '+'}${value} → ${score}${who}`;
    case 'best':
      return score === value ? `best ${score}${who}` : `${value}, best stays ${score}${who}`;
    case 'remove':
      return `removed${who}`;
    default:
      return `${op} ${score}${who}`;
  }
}

function parse(event: string): Partial<ScoreMessage> | undefined {
  try {
    const value: unknown = JSON.parse(event);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const pad = (text: string | undefined, width: number) => `${text ?? '?'} `.padEnd(width);
const timeOf = (id: string) => new Date(Number(id.split('-', 1)[0])).toISOString();
