import { ConfigError } from '@leaderboard/shared/config';
import { parseBulkEvent } from '@leaderboard/shared/contracts/bulk';
import { parse as parseCsv } from 'csv-parse/sync';

/** An event ready to be sent, or the reason why this row can never be one. */
export type Row =
  | { readonly userId: string; readonly game: string | undefined; readonly json: string }
  | { readonly reason: string };

/** Reads the rows of one file. `eventId` is what makes the row's repetition harmless. */
export type RowReader = (text: string, eventId: string) => Row;

const required = ['user_id', 'score'];
const columns = [...required, 'name', 'region', 'game', 'timestamp'];

/** @throws {ConfigError} for a header that is none of ours */
export function csvReader(header: string, game: string | undefined): RowReader {
  const names = fieldsOf(header)?.map((name) => name.trim().toLowerCase()) ?? [];
  const unknown = names.filter((name) => !columns.includes(name));
  const missing = required.filter((name) => !names.includes(name));
  if (unknown.length > 0 || missing.length > 0 || new Set(names).size < names.length) {
    throw new ConfigError(
      'the header',
      `must name ${required.join(' and ')}, and may name ${columns.slice(2).join(', ')}, once each; it is ${JSON.stringify(header.slice(0, 200))}`,
    );
  }
  return (text, eventId) => {
    const fields = fieldsOf(text);
    if (!fields) return { reason: 'the quotes are broken' };
    if (fields.length !== names.length)
      return { reason: `${fields.length} fields instead of ${names.length}` };
    const values: Record<string, unknown> = {};
    for (const [at, name] of names.entries()) {
      const field = fields[at]?.trim();
      if (field !== '' && field !== undefined) values[name] = name === 'score' ? scoreOf(field) : field;
    }
    return rowOf(values, eventId, game);
  };
}

export function ndjsonReader(game: string | undefined): RowReader {
  return (text, eventId) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { reason: 'the line is not JSON' };
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { reason: 'the line is no object' };
    const unknown = Object.keys(value).find((name) => !columns.includes(name));
    if (unknown !== undefined) return { reason: `${JSON.stringify(unknown)} is no field of a score` };
    return rowOf(value as Record<string, unknown>, eventId, game);
  };
}

/** Most rows need no parser. Undefined when quotes are broken. */
function fieldsOf(text: string): string[] | undefined {
  if (!text.includes('"')) return text.split(',');
  try {
    return (parseCsv(text, { relax_column_count: true }) as string[][])[0];
  } catch {
    return undefined;
  }
}

/** Text that is no number stays text, which is refused with a reason. */
function scoreOf(field: string): number | string {
  return /^-?\d{1,16}$/.test(field) ? Number(field) : field;
}

function rowOf(values: Record<string, unknown>, eventId: string, game: string | undefined): Row {
  const { timestamp, ...rest } = values;
  const event: Record<string, unknown> = { ...(game !== undefined && { game }), ...rest, event_id: eventId };
  if (Object.is(event.score, -0)) event.score = 0;
  const checked = parseBulkEvent(event);
  if ('reason' in checked) return checked;
  // What a timestamp may be is for the server to say: it depends on its clock.
  const sent = timestamp === undefined ? checked : { ...checked, timestamp };
  return { userId: checked.user_id, game: checked.game, json: JSON.stringify(sent) };
}
