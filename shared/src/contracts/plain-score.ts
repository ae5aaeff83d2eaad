import { gamePattern, regionPattern } from './fields.js';

/** What a worker needs to know of a score message that needs nothing but to be stored. */
export interface PlainScore {
  readonly userId: string;
  readonly region: string;
  readonly version: number;
  /** As texts; quotes and backslashes are in none. */
  readonly fields: ScoreFields;
}

/** The message, then its `scoreColumns` in order; nothing for null and what is left out. */
export type ScoreFields = readonly (string | null | undefined)[];

/** Members of a score message that are stored, in the order in which the write script makes them. */
export const scoreColumns = [
  'event_id',
  'game',
  'user_id',
  'region',
  'op',
  'value',
  'request_id',
  'version',
  'name',
  'score',
  'achieved_at',
  'timestamp',
  'retry',
] as const;

const text = '[^"\\\\\\x00-\\x1f]';
const plainName =
  '[^"\\\\\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u061C\\u200E\\u200F\\u2028-\\u202E\\u2066-\\u2069\\uFEFF]{1,64}';
const natural = '(?:0|[1-9][0-9]{0,14}|[1-8][0-9]{15})';
const plainScore = '-?(?:0|[1-9][0-9]{0,14})';
const inner = (pattern: string) => pattern.replace(/^\^/, '').replace(/\$$/, '');
const plainMessage = new RegExp(
  [
    `^\\{"event_id":"(${text}{1,128})"`,
    `"game":"(${inner(gamePattern)})"`,
    // Its lookahead would look beyond the id: `plainId` asks it.
    '"user_id":"([A-Za-z0-9_.@+~|#=!$-]{1,64})"',
    `"region":"(${inner(regionPattern)})"`,
    '"op":"(best|set|incr|create)"',
    `"value":(${plainScore})`,
    `"request_id":"(${text}{0,128})"`,
    `"version":(${natural})`,
    `"name":"(${plainName})"`,
    `"score":(${plainScore})`,
    `"achieved_at":(${natural})`,
    `"timestamp":(${natural})(?:,"retry":"([A-Za-z0-9_-]{1,64} (?:null|${plainScore}) ${natural})")?\\}$`,
  ].join(','),
);
const plainId = /[A-Za-z0-9]/;

/**
 * Recognises a score message by its text, as the write script makes it: in a third of the time of parsing and checking. Undefined for
 * anything else, of which some are messages all the same: traced writes, removals, names with quotes or emoji, very
 * large scores. What it recognises is a message for `parseQueueMessage`, too.
 */
export function recognisePlainScore(item: string): PlainScore | undefined {
  const found = plainMessage.exec(item);
  if (!found) return undefined;
  const [, , , userId = '', region = '', , , , version] = found;
  return plainId.test(userId) ? { userId, region, version: Number(version), fields: found } : undefined;
}

/** What a recognised message tells others: all but what answers its retry. */
export function withoutAnswer(item: string): string {
  // No text has a quote that is not escaped, so this cannot be part of one.
  const at = item.indexOf(',"retry":"');
  return at === -1 ? item : `${item.slice(0, at)}}`;
}
