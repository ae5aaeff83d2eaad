import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import { everyone } from '@leaderboard/shared/topology/regions';
import { partitionOf, type Shard, type ShardMap } from '@leaderboard/shared/topology/shards';
import type pg from 'pg';
import type { Failpoint } from '../failpoints.js';
import {
  type Fence,
  noteRecovery,
  noteRestored,
  raiseEpoch,
  readFence,
  readMissedSince,
} from '../sql/fence.js';
import {
  accountColumns,
  accountsFrom,
  allEntries,
  answerColumns,
  answersFrom,
  entriesFrom,
  entryColumns,
  eventColumns,
  eventsFrom,
  gameColumns,
  gamesFrom,
  newEntryColumns,
  rulesColumns,
  rulesFrom,
  userColumns,
  usersFrom,
} from '../sql/read-rows.js';
import { checkLayout } from './check-layout.js';
import { type RecoveryLock, withRecoveryLock } from './recovery-lock.js';
import { accountRow, entryRow, eventRow, gameRow, Restorer, userRow } from './restorer.js';
import { streamRows, type TextRow } from './row-stream.js';
import { ShardDoor } from './shard-door.js';
import { readWaitingMessages, type WaitingMessages } from './waiting-messages.js';
import type { WindowDefinitions } from './window-definitions.js';
import { clearWindows, WindowReplay } from './window-replay.js';

/**
 * Brings a shard's Redis up to what Postgres knows and opens it. The protocol, and why it is safe, is told in
 * docs/recovery.md; the steps here bear the same names.
 */

export interface RecoveryContext {
  readonly shard: Shard;
  readonly shards: ShardMap;
  readonly redis: RedisConnection;
  /** A connection for the recovery alone, as it holds a session's lock; `lock` ends it. */
  readonly lock: RecoveryLock;
  /** Which windows games keep. */
  readonly readWindows: () => Promise<WindowDefinitions>;
  readonly failpoint: Failpoint;
  /** The users are being moved to other partitions (recovery/move-partitions.ts). */
  readonly isMove?: boolean;
  readonly signal: AbortSignal;
  /** Rows of users read so far. */
  readonly onProgress: (rows: number) => void;
}

export interface RecoveryReport {
  readonly epoch: number;
  /** Nothing was to be done: somebody else had opened it. */
  readonly alreadyOpen: boolean;
  /** Redis knew nothing of this shard. */
  readonly wasEmpty: boolean;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** Nothing up to this version is missing. */
  readonly floor: number;
}

/** Small enough not to hold up the other shards of this Redis. */
const chunkRows = 500;

/** The Redis that was being restored restarted or was replaced meanwhile: all begins anew. */
export class RedisChanged extends Error {
  override name = 'RedisChanged';
}

/** @param everything every row, as `npm run rebuild` asks; else only what this Redis lacks, if anything. */
export async function recoverShard(context: RecoveryContext, everything: boolean): Promise<RecoveryReport> {
  return await withRecoveryLock(context.lock, context.shard, context.signal, async (client) => {
    await checkLayout(client, context.shards.partitions, context.isMove ?? false);
    const door = new ShardDoor(context.shard, context.redis);
    const openEpoch = everything ? undefined : await checkedEpoch(client, door, context.shard);
    if (openEpoch !== undefined) {
      return { epoch: openEpoch, alreadyOpen: true, wasEmpty: false, rowsRead: 0, rowsWritten: 0, floor: 0 };
    }
    return await restoreAndOpen(context, client, door, everything);
  });
}

/** The epoch at which the shard is open and nothing is known to be missing. */
async function checkedEpoch(client: pg.Client, door: ShardDoor, shard: Shard): Promise<number | undefined> {
  const { rows } = await client.query<Fence>(readFence, [shard.tag]);
  const epoch = await door.openEpoch();
  const [fence] = rows;
  return fence && !fence.unrestored && Number(fence.epoch) === epoch ? epoch : undefined;
}

async function restoreAndOpen(
  context: RecoveryContext,
  client: pg.Client,
  door: ShardDoor,
  everything: boolean,
): Promise<RecoveryReport> {
  const { shard, redis, failpoint } = context;
  const runId = await door.serverRunId();

  // raise
  const seenEpoch = await door.greatestEpoch();
  const raised = await client.query<Fence>(raiseEpoch, [shard.tag, seenEpoch]);
  const [fence] = raised.rows;
  if (!fence) throw new Error('Postgres gave no epoch');
  const epoch = Number(fence.epoch);
  failpoint('recovery-epoch-raised');

  // close
  const { version: kept, isNew } = await door.close(epoch);
  const missed = await client.query<{ missed_since: string }>(readMissedSince, [shard.tag, seenEpoch, epoch]);
  await client.query(noteRecovery, [shard.tag, epoch, kept ?? 0]);

  // restore
  const from = everything || kept === undefined ? 0 : firstMissing(kept, fence, missed.rows[0]?.missed_since);
  const windows = await context.readWindows();
  const restoring = new Restoring(context, client, new Restorer(shard, redis, epoch, everything));
  // A Redis that may have other events than Postgres below what it kept cannot just be added to.
  const isPrefix = kept !== undefined && from > kept;
  const waiting = isPrefix ? undefined : await readWaitingMessages(shard, redis);
  await client.query("BEGIN READ ONLY; SET LOCAL work_mem = '64MB'");
  await restoring.rowsFrom(from, kept, isNew && !everything && !context.isMove);
  if (waiting) await restoring.waitingUsers(waiting);
  await restoring.windowsFrom(windows, isPrefix ? from : undefined, waiting);
  await client.query('COMMIT');
  if (waiting) await restoring.waitingMessages(waiting);

  // open
  failpoint('recovery-before-open');
  await door.loadScripts(epoch);
  if ((await door.serverRunId()) !== runId)
    throw new RedisChanged(`Redis restarted while ${shard.tag} was restored`);
  const floor = await door.open(epoch, restoring.greatestVersion);
  await client.query(noteRestored, [shard.tag, floor]);
  const { rowsRead, rowsWritten } = restoring;
  return { epoch, alreadyOpen: false, wasEmpty: kept === undefined, rowsRead, rowsWritten, floor };
}

/**
 * Redis keeps a prefix of its history at a crash, so it has every version up to the last it knows, but for two things.
 * A batch that was stored after a recovery it had missed can be below that; unless this Redis is from after its
 * restoration. And a Redis that was passed by while another one was opened (a promoted replica, then its old master
 * again) has versions of its own among those of the other: all since the parting is read.
 */
function firstMissing(
  kept: number,
  { restore_from, restored_by }: Fence,
  missedSince: string | undefined,
): number {
  const restored = restored_by !== null && kept > Number(restored_by);
  const late = restore_from === null || restored ? kept + 1 : Number(restore_from);
  const parted = missedSince === undefined ? kept + 1 : Number(missedSince) + 1;
  return Math.min(kept + 1, late, parted);
}

class Restoring {
  rowsRead = 0;
  rowsWritten = 0;
  greatestVersion = 0;

  constructor(
    private readonly context: RecoveryContext,
    private readonly client: pg.Client,
    private readonly restorer: Restorer,
  ) {}

  /**
   * @param kept the version up to which this Redis has everything, undefined = nothing
   * @param isNew there is nothing of this shard that a row could be compared with
   */
  async rowsFrom(version: number, kept: number | undefined, isNew: boolean): Promise<void> {
    const { shard, shards } = this.context;
    await this.#stream(rulesFrom(version), rulesColumns, (rows) => this.restorer.rules(rows, kept ?? 0));
    await this.restorer.learnRules();
    await this.#stream(usersFrom(version), userColumns, (rows) => this.restorer.users(rows));
    if (isNew) await this.#stream(allEntries, newEntryColumns, (rows) => this.restorer.newEntries(rows));
    else await this.#stream(entriesFrom(version), entryColumns, (rows) => this.restorer.entries(rows));
    if (shard === shards.games) {
      await this.#stream(gamesFrom(version), gameColumns, (rows) => this.restorer.games(rows));
    }
    if (shard.region === everyone) {
      await this.#stream(accountsFrom(version), accountColumns, (rows) => this.restorer.accounts(rows));
    }
    await this.#stream(answersFrom(version), answerColumns, (rows) => this.restorer.answers(rows));
  }

  /** @param since the version from which on this Redis lacks events; undefined: it may have others, begin anew */
  async windowsFrom(
    windows: WindowDefinitions,
    since: number | undefined,
    waiting: WaitingMessages | undefined,
  ): Promise<void> {
    if (windows.games.length === 0) return;
    if (since === undefined) await clearWindows(this.context.shard, this.context.redis, this.restorer);
    const horizonUs = windows.horizonMs(Date.now()) * 1000;
    const replay = new WindowReplay(this.restorer, windows, waiting?.events.map(eventRow) ?? []);
    const query = eventsFrom(Math.max(since ?? 0, horizonUs), windows.games);
    await this.#stream(query, eventColumns, (rows) => replay.apply(rows));
    await replay.finish();
  }

  /** What hides and erases users counts for all that is restored after it. */
  async waitingUsers({ users }: WaitingMessages): Promise<void> {
    for (const rows of chunks(users.map(userRow))) await this.restorer.users(rows);
  }

  /** Redis had applied these, and older rows may have been written over them. */
  async waitingMessages({ scores, accounts, games, users }: WaitingMessages): Promise<void> {
    for (const { version } of [...scores, ...accounts, ...games, ...users]) {
      this.greatestVersion = Math.max(this.greatestVersion, version);
    }
    for (const rows of chunks(scores.map(entryRow))) await this.restorer.entries(rows);
    for (const rows of chunks(accounts.map(accountRow))) await this.restorer.accounts(rows);
    for (const rows of chunks(games.map(gameRow))) await this.restorer.games(rows);
  }

  #sawVersions(rows: readonly TextRow[], at: number): void {
    for (const row of rows) this.greatestVersion = Math.max(this.greatestVersion, Number(row[at]));
  }

  async #stream(
    query: string,
    columns: readonly string[],
    write: (rows: readonly TextRow[]) => Promise<number>,
  ): Promise<void> {
    const { shard, shards, signal, failpoint, onProgress, isMove } = this.context;
    const userAt = columns.indexOf('user_id');
    const versionAt = columns.indexOf('version');
    const writing: Promise<number>[] = [];
    const finish = async (atMost: number) => {
      while (writing.length > atMost) {
        const written = (await writing.shift()) ?? 0;
        if (userAt >= 0) this.rowsWritten += written;
      }
    };
    for await (const all of streamRows(this.client, query, chunkRows)) {
      signal.throwIfAborted();
      // Services that knew a shard of this name with other users must not take these for lost.
      if (isMove) this.#sawVersions(all, versionAt);
      // What is nobody's belongs to every partition.
      const isOurs = (row: TextRow) =>
        userAt < 0 || partitionOf(row[userAt] ?? '', shards.partitions) === shard.partition;
      const rows = all.filter(isOurs);
      if (rows.length === 0) continue;
      this.#sawVersions(rows, versionAt);
      if (this.rowsRead > 0) failpoint('recovery-half-restored');
      if (userAt >= 0) this.rowsRead += rows.length;
      onProgress(this.rowsRead);
      const written = write(rows);
      // It is waited for below; until then a failure is nobody's.
      written.catch(() => {});
      writing.push(written);
      await finish(1);
    }
    await finish(0);
  }
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / chunkRows) }, (_, at) =>
    items.slice(at * chunkRows, (at + 1) * chunkRows),
  );
}
