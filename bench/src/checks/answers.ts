import { AroundAnswer, RankAnswer, type Row, TopAnswer } from '@leaderboard/shared/contracts/rankings';
import { WriteAnswer } from '@leaderboard/shared/contracts/scores';
import { everyone } from '@leaderboard/shared/topology/regions';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Bench } from '../bench.js';
import { checkers } from '../options.js';
import { tokenOf } from '../population/players.js';
import type { User } from '../population/users.js';

/** Looks at some answers while the platform is under load. */
export type AnswerCheck = (bench: Bench) => Promise<AnswersChecked>;

export interface AnswersChecked {
  failures: string[];
  /** Writes of the check itself. */
  acknowledged: number;
}

const samples = 20;
/** Two decimals, however they are rounded; a little less, as 18.71 − 18.7 is a little more than 0.01. */
const percentileStep = 0.01 - 1e-9;
/** Of a wrong answer is shown. */
const shownCharacters = 300;

/** Writes by users of their own, who know what their score must be now. */
export const checkScores: AnswerCheck = async (bench) => {
  const { population, options, offsets, platform } = bench;
  const failures: string[] = [];
  const offset = offsets.take(1);
  let acknowledged = 0;
  for (let sample = 0; sample < Math.min(samples, checkers); sample++) {
    const user = population.shuffled(options.players + sample);
    const score = user.firstScore + offset;
    const answer = await call(bench, '/score', WriteAnswer, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tokenOf(user, platform.jwtSecret)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ score }),
    });
    if (typeof answer === 'string') {
      failures.push(answer);
      continue;
    }
    acknowledged += 1;
    const { previous_score: previous, rank } = answer;
    const right = isRow(answer, user) && answer.score === score && answer.best;
    if (!right || previous === null || previous >= score || rank > population.countIn(user.region) + 1)
      failures.push(`POST /score of ${user.userId}: ${shown(answer)}`);
  }
  return { failures, acknowledged };
};

export const checkRanks =
  (where: 'home' | 'everyone'): AnswerCheck =>
  async (bench) => {
    const failures: string[] = [];
    for (const user of randomUsers(bench)) {
      const region = where === 'home' ? user.region : everyone;
      const path = `/rank/${user.userId}?region=${region}`;
      const answer = await call(bench, path, RankAnswer);
      if (typeof answer === 'string') failures.push(answer);
      else if (!isRow(answer, user) || !isRank(bench, answer, region))
        failures.push(`${path}: ${shown(answer)}`);
    }
    return { failures, acknowledged: 0 };
  };

export const checkAround: AnswerCheck = async (bench) => {
  const range = 10;
  const failures: string[] = [];
  for (const user of randomUsers(bench)) {
    const path = `/around/${user.userId}?range=${range}`;
    const answer = await call(bench, path, AroundAnswer);
    if (typeof answer === 'string') {
      failures.push(answer);
      continue;
    }
    const { self, around } = answer;
    const before = Math.min(range, self.rank - 1);
    const rows = [...around.slice(0, before), self, ...around.slice(before)];
    const wanted = before + 1 + Math.min(range, self.total - self.rank);
    const right =
      rows.length === wanted && inOrder(rows) && isRow(self, user) && isRank(bench, self, everyone);
    if (!right) failures.push(`${path}: ${shown(answer)}`);
  }
  return { failures, acknowledged: 0 };
};

export const checkTop: AnswerCheck = async (bench) => {
  const path = '/top?limit=100';
  const answer = await call(bench, path, TopAnswer);
  if (typeof answer === 'string') return { failures: [answer], acknowledged: 0 };
  const { rows, total } = answer;
  const right =
    rows.length === 100 && rows[0]?.rank === 1 && inOrder(rows) && total >= bench.population.count;
  return { failures: right ? [] : [`${path}: ${shown(answer)}`], acknowledged: 0 };
};

export const checkMixed: AnswerCheck = async (bench) => {
  const checked = [];
  for (const check of [checkScores, checkRanks('home'), checkRanks('everyone'), checkAround, checkTop])
    checked.push(await check(bench));
  return {
    failures: checked.flatMap(({ failures }) => failures),
    acknowledged: checked.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
  };
};

function isRow(row: Pick<Row, 'user_id' | 'name' | 'region' | 'score'>, user: User): boolean {
  const { user_id, name, region, score } = row;
  const same = user_id === user.userId && name === user.name && region === user.region;
  return same && score >= user.firstScore;
}

function isRank({ population }: Bench, { rank, total, percentile }: RankAnswer, region: string): boolean {
  const least = region === everyone ? population.count : population.countIn(region);
  const behind = (100 * (total - rank)) / total;
  return rank >= 1 && rank <= total && total >= least && Math.abs(percentile - behind) < percentileStep;
}

function inOrder(rows: readonly Row[]): boolean {
  return rows.every((row, at) => {
    const last = rows[at - 1];
    return last === undefined || (row.rank === last.rank + 1 && row.score <= last.score);
  });
}

function randomUsers({ population }: Bench): User[] {
  return Array.from({ length: samples }, () => population.user(Math.floor(Math.random() * population.count)));
}

const shown = (answer: object) => JSON.stringify(answer).slice(0, shownCharacters);

/** The answer, or what is wrong with it. */
async function call<Schema extends TSchema>(
  { platform, signal }: Bench,
  path: string,
  schema: Schema,
  request: RequestInit = {},
): Promise<Static<Schema> | string> {
  const response = await fetch(platform.stack.url + path, { ...request, signal });
  const text = await response.text();
  const wrong = `${request.method ?? 'GET'} ${path} answered ${response.status} ${text.slice(0, shownCharacters)}`;
  if (response.status !== 200) return wrong;
  const body: unknown = JSON.parse(text);
  return Value.Check(schema, body) ? body : wrong;
}
