import { Problem } from '@leaderboard/shared/http/problems';
import { ShardClosed } from '@leaderboard/shared/scripting/fenced-scripts';
import { RedisOutcomeUnknown, RedisRefused, RedisUnavailable } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';

/** Reads of several regions, of which some cannot be asked: the whole is refused, or answered without them if that was asked for. */

/** A region cannot be read, while others can. */
class RegionAway extends Error {
  override name = 'RegionAway';

  constructor(
    readonly region: string,
    override readonly cause: unknown,
  ) {
    super(`${region} cannot be read`);
  }
}

/**
 * Asks all shards at once.
 * @param othersAnswer whether one that is not among these has answered
 * @throws whatever a shard's question throws; of several regions only some of which answer: for `answerWithout`
 */
export async function askShards<Answer>(
  shards: readonly Shard[],
  ask: (shard: Shard) => Promise<Answer>,
  othersAnswer = false,
): Promise<Answer[]> {
  const asked = await Promise.allSettled(shards.map(ask));
  const answers: Answer[] = [];
  let failed: { shard: Shard; reason: unknown } | undefined;
  for (const [at, one] of asked.entries()) {
    if (one.status === 'fulfilled') answers.push(one.value);
    else failed ??= { shard: shards[at] as Shard, reason: one.reason };
  }
  if (!failed) return answers;
  const { shard, reason } = failed;
  const isOneOfSeveral = othersAnswer || shards.some(({ region }) => region !== shard.region);
  if (!isAway(reason) || !isOneOfSeveral || (answers.length === 0 && !othersAnswer)) throw reason;
  throw new RegionAway(shard.region, reason);
}

/**
 * Reads again without the regions that turn out to be away, and names them in the answer.
 * @throws {Problem} shard_unavailable when a region is away and the whole was asked for, or nothing is left
 * @throws {ShardClosed} the same for one that is being checked
 */
export async function answerWithout<Answer extends object>(
  isPartial: boolean,
  read: (without: ReadonlySet<string>) => Promise<Answer>,
): Promise<Answer & { partial?: string[] }> {
  const without = new Set<string>();
  for (;;) {
    try {
      const answer = await read(without);
      return without.size === 0 ? answer : { ...answer, partial: [...without].sort() };
    } catch (error) {
      if (isAbsence(error) && without.size > 0) throw away([...without]);
      if (!(error instanceof RegionAway)) throw error;
      if (!isPartial) throw error.cause instanceof ShardClosed ? error.cause : away([error.region]);
      if (without.has(error.region)) throw error.cause;
      without.add(error.region);
    }
  }
}

/** Who is not found may live in a region that could not be asked. */
function isAbsence(error: unknown): boolean {
  return error instanceof Problem && error.code === 'not_ranked';
}

function isAway(reason: unknown): boolean {
  return [ShardClosed, RedisUnavailable, RedisOutcomeUnknown, RedisRefused].some(
    (kind) => reason instanceof kind,
  );
}

function away(regions: readonly string[]): Problem {
  const them = regions.join(' and ');
  return new Problem('shard_unavailable', `${them} cannot be read now; partial=true answers without`, {
    retryAfterSeconds: 1,
  });
}
