import { randomUUID } from 'node:crypto';
import { defaultDefinition, type GameDefinition } from '@leaderboard/shared/contracts/games';
import { Problem } from '@leaderboard/shared/http/problems';
import type { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import {
  boardKey,
  gameLeaseKey,
  gameNamesKey,
  gamesKey,
  queueKey,
  rulesKey,
  shardKey,
} from '@leaderboard/shared/topology/keys';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';

export interface StoredGame {
  readonly game: string;
  readonly definition: GameDefinition;
}

/** Who does something that only admins may, for the audit. */
export interface AdminAct {
  readonly actor: string;
  readonly requestId: string;
}

/** What one change may take; a change that takes longer is not made. */
const leaseMs = 10_000;

/** The definitions of games, in one shard of GLOBAL, and the rules that each shard has pinned for them. */
export class GameStore {
  readonly #scripts: FencedScripts;
  readonly #shards: ShardMap;
  readonly #queueMax: number;

  constructor(scripts: FencedScripts, shards: ShardMap, queueMax: number) {
    this.#scripts = scripts;
    this.#shards = shards;
    this.#queueMax = queueMax;
  }

  async find(game: string): Promise<GameDefinition | undefined> {
    const shard = this.#shards.games;
    const text = await this.#scripts.run('read-game', shard, [shardKey(shard), gamesKey(shard)], [game]);
    return text === '' ? undefined : parseDefinition(String(text));
  }

  /** In the order of their names, from behind a name on. */
  async list(limit: number, after: string): Promise<StoredGame[]> {
    const shard = this.#shards.games;
    const keys = [shardKey(shard), gamesKey(shard), gameNamesKey(shard)];
    const reply = (await this.#scripts.run('list-games', shard, keys, [String(limit), after])) as string[];
    return Array.from({ length: reply.length / 2 }, (_, at) => ({
      game: reply[at * 2] ?? '',
      definition: parseDefinition(reply[at * 2 + 1] ?? ''),
    }));
  }

  /** The right to change a game, as a token; undefined while somebody else has it. */
  async lease(game: string): Promise<string | undefined> {
    const token = randomUUID();
    return (await this.#lease(game, token, leaseMs)) ? token : undefined;
  }

  async release(game: string, token: string): Promise<void> {
    await this.#lease(game, token, 0);
  }

  /**
   * Makes the shard refuse every write that was made for other rules. False when it has scores under others.
   * @param isNew nobody can have written under other rules, so a shard without a pin needs none
   */
  async pin(shard: Shard, game: string, rules: string, isNew: boolean): Promise<boolean> {
    const keys = [shardKey(shard), rulesKey(shard), boardKey(shard, game)];
    const args = [game, rules, isNew ? '1' : '0'];
    const [code] = (await this.#scripts.run('pin-rules', shard, keys, args)) as string[];
    return code === 'pinned';
  }

  /**
   * Stores the game and ends the lease.
   * @throws {Problem} queue_full; store_unavailable when the lease had run out
   */
  async put(game: string, definition: GameDefinition, token: string, act: AdminAct): Promise<void> {
    const shard = this.#shards.games;
    const keys = [
      shardKey(shard),
      queueKey(shard),
      gamesKey(shard),
      gameNamesKey(shard),
      gameLeaseKey(shard, game),
    ];
    const args = [String(this.#queueMax), token, randomUUID(), game, JSON.stringify(definition)];
    args.push(act.actor, act.requestId);
    const code = await this.#scripts.run('write-game', shard, keys, args);
    if (code === 'queue_full')
      throw new Problem('queue_full', 'Too many changes wait to be stored', { retryAfterSeconds: 1 });
    if (code === 'lost')
      throw new Problem('store_unavailable', 'This took too long and was not done', { retryAfterSeconds: 1 });
  }

  async #lease(game: string, token: string, ms: number): Promise<boolean> {
    const shard = this.#shards.games;
    const keys = [shardKey(shard), gameLeaseKey(shard, game)];
    return (await this.#scripts.run('lease-game', shard, keys, [token, String(ms)])) === 1;
  }
}

function parseDefinition(text: string): GameDefinition {
  const { version: _, ...definition } = JSON.parse(text) as Partial<GameDefinition> & { version: number };
  return { ...defaultDefinition, ...definition };
}
