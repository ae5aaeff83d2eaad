import { RegionsAnswer } from '@leaderboard/shared/contracts/rankings';
import type { RegisterRoute } from './route.js';

/** The homes that users can have, for whoever offers them as a choice. */
export const getRegions: RegisterRoute = (app, { services, guard }) => {
  app.get('/regions', { onRequest: guard.readers, schema: { response: { 200: RegionsAnswer } } }, () => ({
    regions: [...services.shards.regions],
  }));
};
