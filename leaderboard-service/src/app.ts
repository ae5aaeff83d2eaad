import { type App, createApp } from '@leaderboard/shared/http/app';
import { registerAuth } from '@leaderboard/shared/http/auth';
import { createGuards } from '@leaderboard/shared/http/guards';
import type { ReadinessCheck } from '@leaderboard/shared/http/health';
import type { Logger } from '@leaderboard/shared/logger';
import type { Tracing } from '@leaderboard/shared/tracing/tracing';
import type { Registry } from 'prom-client';
import { registerApiDocs } from './api-docs/register-api-docs.js';
import type { Config } from './config.js';
import { postBatch } from './intake/post-batch.js';
import { addScore } from './routes/add-score.js';
import { createScore } from './routes/create-score.js';
import { deleteScore } from './routes/delete-score.js';
import { deleteUser } from './routes/delete-user.js';
import { getAround } from './routes/get-around.js';
import { getAroundScore } from './routes/get-around-score.js';
import { getGame } from './routes/get-game.js';
import { getGames } from './routes/get-games.js';
import { getMe } from './routes/get-me.js';
import { getRank } from './routes/get-rank.js';
import { getRanks } from './routes/get-ranks.js';
import { getRegions } from './routes/get-regions.js';
import { getScoreAt } from './routes/get-score-at.js';
import { getTop } from './routes/get-top.js';
import { login } from './routes/login.js';
import { postScore } from './routes/post-score.js';
import { postScores } from './routes/post-scores.js';
import { putGame } from './routes/put-game.js';
import { putHidden } from './routes/put-hidden.js';
import { registerAccount } from './routes/register-account.js';
import { updateScore } from './routes/update-score.js';
import type { Services } from './services.js';

const routes = [
  registerAccount,
  login,
  getMe,
  postScore,
  createScore,
  updateScore,
  addScore,
  deleteScore,
  postScores,
  getTop,
  getRank,
  getAround,
  getRanks,
  getScoreAt,
  getAroundScore,
  getRegions,
  getGames,
  getGame,
  putGame,
  putHidden,
  deleteUser,
];

/** Builds the HTTP side; `main.ts` listens, tests inject. */
export async function buildApp(
  config: Config,
  services: Services,
  logger: Logger,
  metrics: Registry,
  notReady: ReadinessCheck,
  tracing?: Tracing,
): Promise<App> {
  const app = createApp({ logger, metrics, notReady, tracing });
  const auth = await registerAuth(app, config.JWT_SECRET, config.TOKEN_TTL_SECONDS);
  app.decorateRequest('caller', undefined);
  const guard = createGuards(auth, config.READS_REQUIRE_TOKEN);
  for (const register of routes) register(app, { services, auth, guard });
  postBatch(app);
  await registerApiDocs(app);
  return app;
}
